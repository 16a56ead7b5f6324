using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.Storage.Sqlite;
using Sluice.Storage.Tests.Sqlite;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Hosts;

/// <summary>What a store adds to a host: what is told is stored, what is stored is found, and a store in trouble costs nothing that was told.</summary>
public sealed class StoredHostTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly SessionLimits Limits = new() { Sessions = 2, RememberedTurns = 2, LogEvents = 8 };

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();
    private ScriptedEngine _engine = new();
    private RecordingObserver _observer = new();
    private GatedStore _store = null!;
    private StoredHost _stored = null!;
    private string? _file;

    private ISessionHost Host => _stored.Host;

    public Task InitializeAsync()
    {
        Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stored.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Nobody_is_told_of_a_turn_and_the_engine_is_not_asked_before_it_is_stored()
    {
        var gate = new TaskCompletionSource();
        var accepting = new TaskCompletionSource();
        _store.BeforeAccept = () =>
        {
            accepting.SetResult();
            return gate.Task;
        };
        var starting = StartAsync(Request("hello"));
        await accepting.Task.WaitAsync(TimeSpan.FromSeconds(10));
        (await Host.FindSessionAsync(Key(), None)).ShouldBeNull();
        starting.IsCompleted.ShouldBeFalse();
        _engine.TryNextCall(out _).ShouldBeFalse();

        gate.SetResult();
        await using var reader = await starting;
        (await _engine.NextCallAsync()).Complete();
        (await reader.ReadAsync()).Words().ShouldBe("started completed");
    }

    [Fact]
    public async Task Turn_that_cannot_be_stored_is_refused_and_its_session_is_free()
    {
        _store.BeforeAccept = GatedStore.Unavailable;
        var refused = await Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, None);
        refused.Refusal.ShouldBe(Refusal.StorageUnavailable);
        refused.Reader.ShouldBeNull();
        _observer.AcceptedTurns.ShouldBeEmpty();
        _observer.Refusals.ShouldBe([Refusal.StorageUnavailable]);
        (await Host.FindSessionAsync(Key(), None)).ShouldBeNull();

        _store.BeforeAccept = () => Task.CompletedTask;
        await using var reader = await StartAsync(Request("hello", key: "k"));
        (await _engine.NextCallAsync()).Complete();
        (await reader.ReadAsync()).Words().ShouldBe("started completed");
        _engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Turn_that_was_stored_when_the_answer_was_lost_is_found_by_its_key()
    {
        _store.AfterAccept = GatedStore.Unavailable;
        (await Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, None)).Refusal.ShouldBe(Refusal.StorageUnavailable);

        _store.AfterAccept = () => Task.CompletedTask;
        var again = await Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, None);

        again.Refusal.ShouldBe(Refusal.None);
        again.Attached.ShouldBeTrue();
        await using var reader = again.Reader!;

        // Whether it ever began is the engine's to say, as of any turn that is taken over.
        var call = await _engine.NextCallAsync();
        call.Interrupted.ShouldNotBeNull();
        call.Complete();
        (await reader.ReadAsync()).Words().ShouldEndWith("completed");
        _engine.TryNextCall(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Waiting_turn_that_cannot_be_stored_leaves_the_queue()
    {
        await using var first = await StartAsync(Request("one"));
        _store.BeforeAccept = GatedStore.Unavailable;
        (await Host.StartAsync(Request("two"), ReadInterest.EveryEvent, None)).Refusal.ShouldBe(Refusal.StorageUnavailable);
        _store.BeforeAccept = () => Task.CompletedTask;
        await using var third = await StartAsync(Request("three"));
        (await _engine.NextCallAsync()).Complete();
        await first.ReadAsync();
        (await _engine.NextCallAsync()).Text.ShouldBe("\"three\"");
    }

    [Fact]
    public async Task Readers_hear_of_the_end_when_it_is_stored_and_not_before()
    {
        var gate = new TaskCompletionSource();
        _store.BeforeEnd = () => gate.Task;
        await using var reader = await StartAsync(Request("hello"));
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        (await reader.ReadAsync(count: 2)).Words().ShouldBe("""started "a" """.Trim());
        var end = reader.WaitAsync(None).AsTask();
        call.Complete();
        while (_store.Ends == 0)
        {
            await Task.Yield();
        }

        end.IsCompleted.ShouldBeFalse();
        (await Host.FindTurnAsync(TenantId.Local, reader.Turn, None)).ShouldNotBeNull().State.ShouldBe(TurnState.Running);
        gate.SetResult();
        (await end.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(ReadSignal.Events);
        (await reader.ReadAsync()).Words().ShouldBe("completed");
    }

    [Fact]
    public async Task Live_reader_does_not_wait_for_the_store()
    {
        var gate = new TaskCompletionSource();
        _store.BeforeAppend = () => gate.Task;
        await using var reader = await StartAsync(Request("hello"));
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        _time.Advance(TimeSpan.FromMilliseconds(200));
        call.Emit("b");
        (await reader.ReadAsync(count: 3)).Words().ShouldBe("""started "a" "b" """.Trim());
        gate.SetResult();
        call.Complete();
        (await reader.ReadAsync()).Words().ShouldBe("completed");
    }

    [Fact]
    public async Task Events_are_stored_while_the_turn_runs()
    {
        await using var reader = await StartAsync(Request("hello"));
        var call = await _engine.NextCallAsync();
        call.Emit("a", "b");
        await AdvanceUntilAsync(async () => (await _store.ReadEventsAsync(reader.Turn, 0, None)).Sum(batch => batch.Count) == 2);
        call.Emit("c");
        await AdvanceUntilAsync(async () => (await _store.ReadEventsAsync(reader.Turn, 0, None)).Sum(batch => batch.Count) == 3);
        call.Complete();
        await reader.ReadAsync();
        (await _store.ReadEventsAsync(reader.Turn, 0, None)).Select(batch => (batch.First, batch.Count)).ShouldBe([(2, 2), (4, 1)]);
    }

    [Fact]
    public async Task End_that_cannot_be_stored_is_tried_again()
    {
        var failures = 2;
        _store.BeforeEnd = () => failures-- > 0 ? GatedStore.Unavailable() : Task.CompletedTask;
        await using var reader = await StartAsync(Request("hello"));
        (await _engine.NextCallAsync()).Complete();
        await AdvanceUntilAsync(() => Task.FromResult(reader.End is not null));
        (await reader.ReadAsync()).Words().ShouldBe("started completed");
        _store.Ends.ShouldBe(3);
    }

    [Fact]
    public async Task Turn_whose_end_cannot_be_stored_at_all_is_found_out_about_when_the_store_is_back()
    {
        _store.BeforeEnd = GatedStore.Unavailable;
        await using var reader = await StartAsync(Request("hello"));
        await using var second = await StartAsync(Request("two"));
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        call.Complete();
        var moved = reader.ReadAsync();
        await AdvanceUntilAsync(() => Task.FromResult(moved.IsCompleted));
        (await moved).Words().ShouldBe("""started "a" """.Trim());
        (await reader.WaitAsync(None)).ShouldBe(ReadSignal.Moved);
        (await second.WaitAsync(None)).ShouldBe(ReadSignal.Events);

        _store.BeforeEnd = () => Task.CompletedTask;
        await using var again = await FollowAsync(reader.Turn, 2);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull();
        resumed.Complete();
        (await again.ReadAsync()).Words().ShouldEndWith("completed");
        (await _engine.NextCallAsync()).Text.ShouldBe("\"two\"");
        _engine.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Waiting_turn_whose_start_cannot_be_stored_is_not_given_to_the_engine()
    {
        await using var first = await StartAsync(Request("one"));
        await using var second = await StartAsync(Request("two"));
        _store.BeforeStart = GatedStore.Unavailable;
        (await _engine.NextCallAsync()).Complete();
        var end = (await second.ReadAsync())[^1].End!;
        end.State.ShouldBe(TurnState.Failed);
        end.Fault!.Retry.ShouldBe(RetryVerdict.NotStarted);
        _engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task What_memory_forgot_is_read_from_the_store()
    {
        var turns = new List<TurnId>();
        for (var i = 0; i < 5; i++)
        {
            await using var reader = await StartAsync(Request($"{i}", key: $"k{i}"));
            var call = await _engine.NextCallAsync();
            call.Emit($"a{i}", $"b{i}");
            call.Complete();
            await reader.ReadAsync();
            turns.Add(reader.Turn);
        }

        await using var all = await FollowAsync(turns[0], 0);
        (await all.ReadAsync()).Words().ShouldBe("""started "a0" "b0" completed""");
        await using var rest = await FollowAsync(turns[0], 2);
        (await rest.ReadAsync()).Words().ShouldBe("""
            "b0" completed
            """.Trim());
        await using var last = await FollowAsync(turns[0], 4);
        (await last.ReadAsync()).ShouldBeEmpty();
        (await Host.FollowAsync(TenantId.Local, new Cursor(turns[0], 5), ReadInterest.EveryEvent, None)).ShouldBeNull();

        var again = await Host.StartAsync(Request("0", key: "k0"), ReadInterest.EveryEvent, None);
        again.Attached.ShouldBeTrue();
        again.Reader!.Turn.ShouldBe(turns[0]);
        (await again.Reader.ReadAsync()).Words().ShouldBe("""started "a0" "b0" completed""");
        (await Host.StartAsync(Request("other", key: "k0"), ReadInterest.EveryEvent, None)).Refusal.ShouldBe(Refusal.KeyReused);
        _engine.Calls.ShouldBe(5);
    }

    [Fact]
    public async Task Gap_of_a_log_that_was_full_is_the_same_when_it_is_read_from_the_store()
    {
        await using var reader = await StartAsync(Request("hello"));
        var call = await _engine.NextCallAsync();
        for (var i = 0; i < 30; i++)
        {
            call.Emit($"{i}");
            if (i % 3 == 0)
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
            }
        }

        call.Complete();
        await reader.ReadAsync();
        await RestartAsync();
        await using var again = await FollowAsync(reader.Turn, 1);
        var events = await again.ReadAsync();
        events[0].Kind.ShouldBe(TurnEventKind.Gap);
        events[1].Sequence.ShouldBe(events[0].Sequence + 1);
        events[^2].Word().ShouldBe("\"29\"");
        events.Count.ShouldBeInRange(Limits.LogEvents + 2, Limits.LogEvents * 3);
    }

    [Fact]
    public async Task Session_of_another_process_is_found_with_its_user_its_engine_sessions_and_its_turns()
    {
        await using var reader = await StartAsync(Request("one", user: "ada"));
        var call = await _engine.NextCallAsync();
        var bound = new EngineSession("main", "here", "0815") { LastInvocation = "e-1", LastEventAt = DateTimeOffset.UnixEpoch, LastTurn = call.Turn.Id };
        call.Turn.BindEngineSession(bound);
        call.Complete();
        await reader.ReadAsync();
        var before = (await Host.FindSessionAsync(Key(), None)).ShouldNotBeNull();
        await RestartAsync();

        var after = (await Host.FindSessionAsync(Key(), None)).ShouldNotBeNull();
        after.Turns.ShouldBe(before.Turns);
        after.EngineSessions.ShouldBe(before.EngineSessions);
        (after.UserId, after.CreatedAt, after.LastActivityAt).ShouldBe((before.UserId, before.CreatedAt, before.LastActivityAt));
        (await Host.StartAsync(Request("two", user: "bob"), ReadInterest.EveryEvent, None)).Refusal.ShouldBe(Refusal.OtherUser);
        await using var second = await StartAsync(Request("two"));
        call = await _engine.NextCallAsync();
        call.Turn.UserId.ShouldBe("ada");
        call.Turn.EngineSessionAt("main").ShouldBe(bound);
    }

    [Fact]
    public async Task What_a_dead_process_left_goes_on_in_the_next()
    {
        await using var running = await StartAsync(Request("one", user: "ada"));
        var call = await _engine.NextCallAsync();
        call.Turn.BindEngineSession(new EngineSession("main", "here", "0815"));
        call.Emit("a");
        await AdvanceUntilAsync(async () => (await _store.ReadEventsAsync(running.Turn, 0, None)).Count == 1);
        await using var waiting = await StartAsync(Request("two"));
        var (dead, deadEngine) = (_stored, _engine);

        // The file is left as it is by a process that was killed.
        File.Copy(_directory.File, _directory.File + ".killed");
        File.Copy(_directory.File + "-wal", _directory.File + ".killed-wal");
        await dead.DisposeAsync();
        _file = _directory.File + ".killed";
        Start();

        await using var reader = await FollowAsync(running.Turn, 2);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull().Kept.Count.ShouldBe(1);
        (resumed.Text, resumed.Turn.UserId).ShouldBe(("\"one\"", "ada"));
        resumed.Turn.EngineSessionAt("main").ShouldBe(new EngineSession("main", "here", "0815"));
        resumed.Interrupted!.ContinueExactly();
        resumed.Emit("b");
        resumed.Complete();
        (await reader.ReadAsync()).Words().ShouldBe("""
            "b" completed
            """.Trim());
        var second = await _engine.NextCallAsync();
        (second.Text, second.Interrupted).ShouldBe(("\"two\"", null));
        second.Complete();
        await using var other = await FollowAsync(waiting.Turn, 0);
        (await other.ReadAsync()).Words().ShouldBe("started completed");
    }

    [Fact]
    public async Task What_a_dead_process_left_is_looked_for()
    {
        await using var running = await StartAsync(Request("one"));
        await _engine.NextCallAsync();
        await RestartAsync();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull();
        resumed.Fail(FaultKind.Interrupted);
        await AdvanceUntilAsync(async () => await Host.FindTurnAsync(TenantId.Local, running.Turn, None) is { State: TurnState.Unknown });
    }

    private void Start()
    {
        (_engine, _observer) = (new ScriptedEngine(), new RecordingObserver());
        _store = new GatedStore(SqliteSessionStore.Open(new SqliteOptions { Path = _file ?? _directory.File }, _time));
        _stored = StoredHost.Start(_store, _engine, Limits, _time, _observer);
    }

    private async Task RestartAsync()
    {
        await _stored.DisposeAsync();
        Start();
    }

    private async Task<ITurnReader> StartAsync(TurnRequest request)
    {
        var admission = await Host.StartAsync(request, ReadInterest.EveryEvent, None);
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader.ShouldNotBeNull();
    }

    private async Task<ITurnReader> FollowAsync(TurnId turn, long after) =>
        (await Host.FollowAsync(TenantId.Local, new Cursor(turn, after), ReadInterest.EveryEvent, None)).ShouldNotBeNull();

    // The store works on threads of its own; the clock is moved until it is seen to have.
    private async Task AdvanceUntilAsync(Func<Task<bool>> done)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await done())
        {
            patience.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }
}
