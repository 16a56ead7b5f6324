using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Contracts;

/// <summary>A host under test, with the engine behind it and the clock beside it.</summary>
public interface IHostUnderTest : IAsyncDisposable
{
    ISessionHost Host { get; }

    /// <inheritdoc cref="ISessionHost.DrainAsync"/>
    Task DrainAsync(CancellationToken deadline) => Host.DrainAsync(deadline);
}

/// <summary>
/// What every host of sessions promises. A host passes by deriving from this and saying how it is made.
/// </summary>
public abstract class SessionHostContract : IAsyncLifetime
{
    private static readonly TenantId Local = TenantId.Local;

    private IHostUnderTest? _underTest;

    protected ScriptedEngine Engine { get; } = new();

    protected ManualTime Time { get; } = new();

    protected RecordingObserver Observer { get; } = new();

    protected virtual SessionLimits Limits { get; } = new()
    {
        QueuedTurns = 3,
        LogEvents = 8,
        LogBytes = 4096,
        RememberedTurns = 4,
        Sessions = 4,
        IdleTimeout = TimeSpan.FromMinutes(5),
    };

    /// <summary>Whether what leaves the host's memory is still found.</summary>
    protected virtual bool HasStore => false;

    private ISessionHost Host => _underTest!.Host;

    protected abstract Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer);

    public async Task InitializeAsync() => _underTest = await StartHostAsync(Engine, Limits, Time, Observer);

    public virtual async Task DisposeAsync()
    {
        await _underTest!.DisposeAsync();
        Observer.Defects.Where(defect => defect is not ExpectedDefectException).ShouldBeEmpty();
    }

    [ContractFact]
    public async Task A_turn_is_started_then_its_events_come_in_order_then_its_end()
    {
        await using var reader = await StartAsync(Request("hello"));
        var call = await Engine.NextCallAsync();
        call.Text.ShouldBe("\"hello\"");
        call.Emit("Once", " upon");
        call.Emit(" a time");
        call.Complete();

        var events = await reader.ReadAsync();
        events.Words().ShouldBe("""started "Once" " upon" " a time" completed""");
        events.Select(e => e.Sequence).ShouldBe([1, 2, 3, 4, 5]);
        events[^1].End!.FinishReason.ShouldBe("STOP");
    }

    [ContractFact]
    public async Task Only_the_first_turn_of_a_session_is_told_that_it_is()
    {
        await using var first = await StartAsync(Request("one"));
        await using var second = await StartAsync(Request("two"));
        await using var elsewhere = await StartAsync(Request("three", session: "s2"));
        var calls = new[] { await Engine.NextCallAsync(), await Engine.NextCallAsync() }.ToDictionary(call => call.Text, StringComparer.Ordinal);
        calls["\"one\""].Turn.IsFirst.ShouldBeTrue();
        calls["\"three\""].Turn.IsFirst.ShouldBeTrue();
        calls["\"one\""].Complete();
        calls["\"three\""].Complete();

        var next = await Engine.NextCallAsync();
        next.Turn.IsFirst.ShouldBeFalse();
        next.Complete();
        await second.ReadAsync();
        await first.ReadAsync();
        await using var third = await StartAsync(Request("four"));
        next = await Engine.NextCallAsync();
        next.Turn.IsFirst.ShouldBeFalse("also when its session had left memory");
        next.Complete();
        await third.ReadAsync();
    }

    [ContractFact]
    public async Task Engines_session_that_is_let_go_of_is_not_the_sessions_any_more()
    {
        await using var reader = await StartAsync(Request("one"));
        var call = await Engine.NextCallAsync();
        var bound = new EngineSession("default", "here", "1");
        call.Turn.BindEngineSession(bound);
        call.Turn.ReleaseEngineSession(bound with { Id = "2" });
        call.Turn.EngineSessionAt("default").ShouldBe(bound);
        call.Turn.ReleaseEngineSession(bound);

        call.Turn.EngineSessionAt("default").ShouldBeNull();
        call.Complete();
        await reader.ReadAsync();
        (await Host.FindSessionAsync(Key(), CancellationToken.None))!.EngineSessions.ShouldBeEmpty();
    }

    [ContractFact]
    public async Task The_cursor_is_there_before_the_engine_says_anything()
    {
        await using var reader = await StartAsync(Request("hello"));
        (await reader.ReadAsync(count: 1)).Words().ShouldBe("started");
        (await Engine.NextCallAsync()).Complete();
    }

    [ContractFact]
    public async Task Second_turn_waits_while_one_is_running()
    {
        await using var first = await StartAsync(Request("one"));
        await using var second = await StartAsync(Request("two"));
        await using var third = await StartAsync(Request("three"));
        var call = await Engine.NextCallAsync();
        call.Text.ShouldBe("\"one\"");
        Engine.TryNextCall(out _).ShouldBeFalse();
        (await StateAsync(second)).ShouldBe(TurnState.Queued);

        call.Complete();
        (await first.ReadAsync()).Words().ShouldBe("started completed");
        call = await Engine.NextCallAsync();
        call.Text.ShouldBe("\"two\"");
        Engine.TryNextCall(out _).ShouldBeFalse();
        call.Complete();
        (await Engine.NextCallAsync()).Complete();
        (await third.ReadAsync()).Words().ShouldBe("started completed");
        Engine.Overlapped.ShouldBeFalse();
    }

    [ContractFact]
    public async Task The_queue_is_bounded()
    {
        await using var running = await StartAsync(Request("0"));
        for (var i = 1; i <= Limits.QueuedTurns; i++)
        {
            await using var queued = await StartAsync(Request($"{i}"));
        }

        (await RefusedAsync(Request("one too many"))).ShouldBe(Refusal.QueueFull);
        (await RefusedAsync(Request("one too many", onBusy: BusyPolicy.Interrupt))).ShouldBe(Refusal.QueueFull);
    }

    [ContractFact]
    public async Task A_request_may_ask_to_be_rejected_by_a_busy_session()
    {
        await using var running = await StartAsync(Request("one"));
        (await RefusedAsync(Request("two", onBusy: BusyPolicy.Reject))).ShouldBe(Refusal.Busy);
        (await Engine.NextCallAsync()).Complete();
        await running.ReadAsync();
        await using var next = await StartAsync(Request("two", onBusy: BusyPolicy.Reject));
        (await Engine.NextCallAsync()).Text.ShouldBe("\"two\"");
    }

    [ContractFact]
    public async Task An_interrupting_request_cancels_the_running_turn_and_goes_before_those_that_wait()
    {
        await using var running = await StartAsync(Request("one"));
        await using var waiting = await StartAsync(Request("two"));
        var call = await Engine.NextCallAsync();
        await using var urgent = await StartAsync(Request("now", onBusy: BusyPolicy.Interrupt));

        await call.CancelledAsync();
        var end = (await running.ReadAsync())[^1].End!;
        end.State.ShouldBe(TurnState.Cancelled);
        end.Cancelled.ShouldBe(CancelReason.Interrupted);
        call = await Engine.NextCallAsync();
        call.Text.ShouldBe("\"now\"");
        call.Complete();
        (await Engine.NextCallAsync()).Text.ShouldBe("\"two\"");
        Engine.Overlapped.ShouldBeFalse();
    }

    [ContractFact]
    public async Task Sessions_do_not_wait_for_each_other()
    {
        await using var one = await StartAsync(Request("one", session: "a"));
        await using var other = await StartAsync(Request("two", session: "b"));
        string[] texts = [(await Engine.NextCallAsync()).Text, (await Engine.NextCallAsync()).Text];
        texts.ShouldBe(["\"one\"", "\"two\""], ignoreOrder: true);
    }

    [ContractFact]
    public async Task The_same_key_and_request_attach_to_the_running_turn()
    {
        await using var first = await StartAsync(Request("hello", key: "k"));
        var call = await Engine.NextCallAsync();
        call.Emit("a");
        var admission = await Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, CancellationToken.None);
        await using var second = admission.Reader!;
        admission.Attached.ShouldBeTrue();
        second.Turn.ShouldBe(first.Turn);
        call.Emit("b");
        call.Complete();

        (await second.ReadAsync()).Words().ShouldBe("""started "a" "b" completed""");
        (await first.ReadAsync()).Words().ShouldBe("""started "a" "b" completed""");
        Engine.Calls.ShouldBe(1);
    }

    [ContractFact]
    public async Task The_same_key_and_request_replay_the_ended_turn()
    {
        await using var first = await StartAsync(Request("hello", key: "k"));
        var call = await Engine.NextCallAsync();
        call.Emit("a");
        call.Complete();
        await first.ReadAsync();

        await using var again = await StartAsync(Request("hello", key: "k"));
        (await again.ReadAsync()).Words().ShouldBe("""started "a" completed""");
        Engine.Calls.ShouldBe(1);
    }

    [ContractFact]
    public async Task The_same_key_attaches_to_a_waiting_turn()
    {
        await using var running = await StartAsync(Request("one"));
        await using var waiting = await StartAsync(Request("two", key: "k"));
        await using var again = await StartAsync(Request("two", key: "k"));
        again.Turn.ShouldBe(waiting.Turn);
    }

    [ContractFact]
    public async Task A_key_does_not_serve_another_request()
    {
        await using var first = await StartAsync(Request("hello", key: "k"));
        (await RefusedAsync(Request("goodbye", key: "k"))).ShouldBe(Refusal.KeyReused);
        (await Engine.NextCallAsync()).Complete();
        await first.ReadAsync();
        (await RefusedAsync(Request("goodbye", key: "k"))).ShouldBe(Refusal.KeyReused);
    }

    [ContractFact]
    public async Task A_key_is_the_callers_own()
    {
        await using var mine = await StartAsync(Request("hello", key: "k"));
        await using var theirs = await StartAsync(Request("goodbye", key: "k", tenant: "other"));
        theirs.Turn.ShouldNotBe(mine.Turn);
    }

    [ContractFact]
    public async Task A_reader_joins_anywhere_and_sees_the_rest_once()
    {
        await using var first = await StartAsync(Request("hello"));
        var call = await Engine.NextCallAsync();
        call.Emit("a", "b", "c");
        await using var late = await FollowAsync(first.Turn, after: 2);
        (await late.ReadAsync(count: 2)).Words().ShouldBe("""
            "b" "c"
            """.Trim());
        call.Emit("d");
        call.Complete();
        (await late.ReadAsync()).Words().ShouldBe("""
            "d" completed
            """.Trim());
    }

    [ContractFact]
    public async Task A_reader_resumes_after_the_end()
    {
        await using var first = await StartAsync(Request("hello"));
        var call = await Engine.NextCallAsync();
        call.Emit("a", "b");
        call.Complete();
        await first.ReadAsync();

        await using var again = await FollowAsync(first.Turn, after: 3);
        (await again.ReadAsync()).Words().ShouldBe("completed");
        await using var done = await FollowAsync(first.Turn, after: 4);
        (await done.ReadAsync()).ShouldBeEmpty();
    }

    [ContractFact]
    public async Task A_cursor_the_turn_has_not_reached_is_not_known()
    {
        await using var first = await StartAsync(Request("hello"));
        (await Host.FollowAsync(Local, new Cursor(first.Turn, 99), ReadInterest.EveryEvent, CancellationToken.None)).ShouldBeNull();
        (await Host.FollowAsync(Local, new Cursor(TurnId.New(), 0), ReadInterest.EveryEvent, CancellationToken.None)).ShouldBeNull();
    }

    [ContractFact]
    public async Task A_reader_that_fell_behind_is_told_what_it_missed()
    {
        await using var reader = await StartAsync(Request("hello"));
        var call = await Engine.NextCallAsync();
        (await reader.ReadAsync(count: 1)).Words().ShouldBe("started");
        for (var i = 0; i < Limits.LogEvents + 3; i++)
        {
            call.Emit($"{i}");
        }

        call.Complete();
        await reader.EndKnownAsync();
        var events = await reader.ReadAsync();
        events[0].Kind.ShouldBe(TurnEventKind.Gap);
        events[0].Sequence.ShouldBe(4);
        events[1].Sequence.ShouldBe(5);
        events[1].Word().ShouldBe("\"3\"");
        events.Count.ShouldBe(1 + Limits.LogEvents + 1);
        events[^1].Word().ShouldBe("completed");
    }

    [ContractFact]
    public async Task The_log_is_bounded_in_bytes()
    {
        await using var reader = await StartAsync(Request("hello"));
        var call = await Engine.NextCallAsync();
        for (var i = 0; i < 6; i++)
        {
            call.Emit(new string('x', 1000));
        }

        call.Complete();
        await reader.EndKnownAsync();
        var events = await reader.ReadAsync();
        events[0].Word().ShouldBe("started");
        events[1].Kind.ShouldBe(TurnEventKind.Gap);
        events.Sum(e => e.Raw.Length).ShouldBeLessThanOrEqualTo(Limits.LogBytes);
        events[^1].Word().ShouldBe("completed");
    }

    [ContractFact]
    public async Task A_reader_for_the_end_sleeps_until_then_and_can_read_all()
    {
        var admission = await Host.StartAsync(Request("hello"), ReadInterest.TheEnd, CancellationToken.None);
        await using var reader = admission.Reader!;
        var call = await Engine.NextCallAsync();
        var wait = reader.WaitAsync(CancellationToken.None).AsTask();
        call.Emit("a");
        wait.IsCompleted.ShouldBeFalse();
        call.Complete();
        (await wait.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(ReadSignal.Events);
        (await reader.ReadAsync()).Words().ShouldBe("""started "a" completed""");
    }

    [ContractFact]
    public async Task A_waiting_reader_can_be_woken_and_its_wait_cancelled()
    {
        await using var reader = await StartAsync(Request("hello"));
        await reader.ReadAsync(count: 1);
        var wait = reader.WaitAsync(CancellationToken.None).AsTask();
        reader.Wake();
        (await wait.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(ReadSignal.Woken);

        reader.Wake();
        (await reader.WaitAsync(CancellationToken.None)).ShouldBe(ReadSignal.Woken);

        using var leaving = new CancellationTokenSource();
        wait = reader.WaitAsync(leaving.Token).AsTask();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => wait.WaitAsync(TimeSpan.FromSeconds(10)));
        (await Engine.NextCallAsync()).Complete();
        (await reader.ReadAsync()).Words().ShouldBe("completed");
    }

    [ContractFact]
    public async Task A_cancelled_turn_reaches_the_engine_and_ends_once()
    {
        await using var reader = await StartAsync(Request("hello"));
        var call = await Engine.NextCallAsync();
        call.Emit("a");
        (await Host.CancelAsync(Local, reader.Turn, CancellationToken.None)).ShouldNotBeNull();
        await call.CancelledAsync();
        await Host.CancelAsync(Local, reader.Turn, CancellationToken.None);

        var events = await reader.ReadAsync();
        events.Words().ShouldBe("""started "a" cancelled""");
        events[^1].Kind.ShouldBe(TurnEventKind.Error);
        events[^1].End!.Cancelled.ShouldBe(CancelReason.Requested);
    }

    [ContractFact]
    public async Task A_cancelled_waiting_turn_never_reaches_the_engine()
    {
        await using var running = await StartAsync(Request("one"));
        await using var waiting = await StartAsync(Request("two"));
        var cancelled = await Host.CancelAsync(Local, waiting.Turn, CancellationToken.None);
        cancelled!.State.ShouldBe(TurnState.Cancelled);
        (await waiting.ReadAsync()).Words().ShouldBe("started cancelled");
        (await Engine.NextCallAsync()).Complete();
        await running.ReadAsync();
        Engine.Calls.ShouldBe(1);
    }

    [ContractFact]
    public async Task Cancelling_an_ended_turn_changes_nothing()
    {
        await using var reader = await StartAsync(Request("hello"));
        (await Engine.NextCallAsync()).Complete();
        await reader.ReadAsync();
        (await Host.CancelAsync(Local, reader.Turn, CancellationToken.None))!.State.ShouldBe(TurnState.Completed);
        (await Host.CancelAsync(Local, TurnId.New(), CancellationToken.None)).ShouldBeNull();
    }

    [ContractFact]
    public async Task A_turn_goes_on_without_readers_until_its_grace_period_ends()
    {
        var reader = await StartAsync(Request("hello", grace: TimeSpan.FromSeconds(30)));
        var call = await Engine.NextCallAsync();
        await reader.DisposeAsync();
        Time.Advance(TimeSpan.FromSeconds(29));
        call.Cancelled.ShouldBeFalse();
        call.Emit("a");
        (await StateAsync(reader)).ShouldBe(TurnState.Running);

        Time.Advance(TimeSpan.FromSeconds(2));
        await call.CancelledAsync();
        await using var again = await FollowAsync(reader.Turn, after: 0);
        var events = await again.ReadAsync();
        events.Words().ShouldBe("""started "a" cancelled""");
        events[^1].End!.Cancelled.ShouldBe(CancelReason.Abandoned);
    }

    [ContractFact]
    public async Task A_reader_that_comes_back_in_time_saves_the_turn()
    {
        var reader = await StartAsync(Request("hello", grace: TimeSpan.FromSeconds(30)));
        var call = await Engine.NextCallAsync();
        await reader.DisposeAsync();
        Time.Advance(TimeSpan.FromSeconds(29));
        await using var again = await FollowAsync(reader.Turn, after: 1);
        Time.Advance(TimeSpan.FromMinutes(5));
        call.Cancelled.ShouldBeFalse();
        call.Complete();
        (await again.ReadAsync()).Words().ShouldBe("completed");
    }

    [ContractFact]
    public async Task A_turn_without_grace_ends_within_a_second_of_its_reader_leaving()
    {
        var reader = await StartAsync(Request("hello", grace: TimeSpan.Zero));
        var call = await Engine.NextCallAsync();
        Time.Advance(TimeSpan.FromSeconds(10));
        call.Cancelled.ShouldBeFalse();
        await reader.DisposeAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        await call.CancelledAsync();
    }

    [ContractFact]
    public async Task A_detached_turn_needs_no_reader()
    {
        var reader = await StartAsync(Request("hello", grace: null));
        var call = await Engine.NextCallAsync();
        await reader.DisposeAsync();
        Time.Advance(TimeSpan.FromHours(1));
        call.Cancelled.ShouldBeFalse();
        call.Complete();
        await using var again = await FollowAsync(reader.Turn, after: 0);
        (await again.ReadAsync()).Words().ShouldBe("started completed");
    }

    [ContractTheory]
    [InlineData(FaultKind.AgentFailed, "failed")]
    [InlineData(FaultKind.Unavailable, "failed")]
    [InlineData(FaultKind.CutStream, "unknown")]
    [InlineData(FaultKind.TotalTimeout, "unknown")]
    public async Task A_fault_is_the_end_of_the_turn_and_the_next_one_runs(FaultKind kind, string end)
    {
        await using var reader = await StartAsync(Request("one"));
        await using var second = await StartAsync(Request("two"));
        var call = await Engine.NextCallAsync();
        call.Emit("a");
        call.Fail(kind);
        var events = await reader.ReadAsync();
        events.Words().ShouldBe($"""started "a" {end}""");
        events[^1].End!.Fault!.Kind.ShouldBe(kind);
        (await Engine.NextCallAsync()).Text.ShouldBe("\"two\"");
    }

    [ContractFact]
    public async Task A_defect_is_the_end_of_the_turn_and_the_next_one_runs()
    {
        await using var reader = await StartAsync(Request("one"));
        await using var second = await StartAsync(Request("two"));
        (await Engine.NextCallAsync()).Throw(new ExpectedDefectException());
        var end = (await reader.ReadAsync())[^1].End!;
        end.Fault!.Kind.ShouldBe(FaultKind.Internal);
        end.Fault.Message.ShouldNotContain(nameof(ExpectedDefectException));
        Observer.Defects.ShouldHaveSingleItem();
        (await Engine.NextCallAsync()).Text.ShouldBe("\"two\"");
    }

    [ContractFact]
    public async Task Each_engines_session_is_kept_for_the_next_turn()
    {
        await using var first = await StartAsync(Request("one", user: "ada"));
        var call = await Engine.NextCallAsync();
        call.Turn.EngineSessionAt("main").ShouldBeNull();
        call.Turn.UserId.ShouldBe("ada");
        call.Turn.BindEngineSession(new EngineSession("main", "here", "0815"));
        call.Turn.BindEngineSession(new EngineSession("main", "there", "4711"));
        call.Turn.BindEngineSession(new EngineSession("other", "here", "42"));
        call.Complete();
        await first.ReadAsync();

        await using var second = await StartAsync(Request("two"));
        call = await Engine.NextCallAsync();
        call.Turn.EngineSessionAt("main").ShouldBe(new EngineSession("main", "there", "4711"));
        call.Turn.EngineSessionAt("third").ShouldBeNull();
        call.Turn.UserId.ShouldBe("ada");
        call.Complete();
        await second.ReadAsync();
        (await Host.FindSessionAsync(Key(), CancellationToken.None))!.EngineSessions.Select(session => session.Id).ShouldBe(["4711", "42"]);
    }

    [ContractFact]
    public async Task A_session_belongs_to_one_user()
    {
        await using var first = await StartAsync(Request("one", user: "ada"));
        (await RefusedAsync(Request("two", user: "bob"))).ShouldBe(Refusal.OtherUser);
        await using var second = await StartAsync(Request("two", user: "ada"));
    }

    [ContractFact]
    public async Task Nothing_of_one_tenant_exists_for_another()
    {
        var other = new TenantId("other");
        await using var reader = await StartAsync(Request("hello"));
        (await Host.FindTurnAsync(other, reader.Turn, CancellationToken.None)).ShouldBeNull();
        (await Host.FollowAsync(other, new Cursor(reader.Turn, 0), ReadInterest.EveryEvent, CancellationToken.None)).ShouldBeNull();
        (await Host.CancelAsync(other, reader.Turn, CancellationToken.None)).ShouldBeNull();
        (await Host.FindSessionAsync(Key(tenant: "other"), CancellationToken.None)).ShouldBeNull();
        (await Host.ForgetAsync(Key(tenant: "other"), CancellationToken.None)).ShouldBeFalse();
        await using var theirs = await StartAsync(Request("hello", tenant: "other"));
        theirs.Turn.ShouldNotBe(reader.Turn);
        (await Engine.NextCallAsync()).Complete();
        (await Engine.NextCallAsync()).Complete();
    }

    [ContractFact]
    public async Task A_session_tells_its_turns_in_order()
    {
        await using var first = await StartAsync(Request("one"));
        (await Engine.NextCallAsync()).Complete();
        await first.ReadAsync();
        await using var second = await StartAsync(Request("two"));
        await using var third = await StartAsync(Request("three"));
        var session = (await Host.FindSessionAsync(Key(), CancellationToken.None))!;
        session.Turns.Select(turn => turn.Turn).ShouldBe([first.Turn, second.Turn, third.Turn]);
        session.Turns.Select(turn => turn.State).ShouldBe([TurnState.Completed, TurnState.Running, TurnState.Queued]);
        session.Turns[0].End!.FinishReason.ShouldBe("STOP");
        session.Turns[0].LastSequence.ShouldBe(2);
    }

    [ContractFact]
    public async Task A_forgotten_session_ends_its_turns_and_is_gone()
    {
        await using var running = await StartAsync(Request("one"));
        await using var waiting = await StartAsync(Request("two"));
        var call = await Engine.NextCallAsync();
        (await Host.ForgetAsync(Key(), CancellationToken.None)).ShouldBeTrue();
        await call.CancelledAsync();
        (await running.ReadAsync())[^1].End!.Cancelled.ShouldBe(CancelReason.Forgotten);
        (await waiting.ReadAsync())[^1].End!.Cancelled.ShouldBe(CancelReason.Forgotten);
        (await Host.FindSessionAsync(Key(), CancellationToken.None)).ShouldBeNull();
        (await Host.FindTurnAsync(Local, running.Turn, CancellationToken.None)).ShouldBeNull();
        (await Host.ForgetAsync(Key(), CancellationToken.None)).ShouldBeFalse();

        await using var anew = await StartAsync(Request("three"));
        (await Engine.NextCallAsync()).Text.ShouldBe("\"three\"");
    }

    [ContractFact]
    public async Task A_session_remembers_so_many_turns()
    {
        var turns = new List<TurnId>();
        for (var i = 0; i <= Limits.RememberedTurns; i++)
        {
            await using var reader = await StartAsync(Request($"{i}"));
            turns.Add(reader.Turn);
            (await Engine.NextCallAsync()).Complete();
            await reader.ReadAsync();
        }

        ((await Host.FindTurnAsync(Local, turns[0], CancellationToken.None)) is not null).ShouldBe(HasStore);
        (await Host.FindTurnAsync(Local, turns[1], CancellationToken.None)).ShouldNotBeNull();
    }

    [ContractFact]
    public async Task Draining_takes_no_new_turns_and_lets_running_ones_end()
    {
        await using var reader = await StartAsync(Request("hello", key: "k"));
        var call = await Engine.NextCallAsync();
        using var deadline = new CancellationTokenSource();
        var drained = _underTest!.DrainAsync(deadline.Token);
        (await RefusedAsync(Request("too late", session: "s2"))).ShouldBe(Refusal.Stopping);
        await using var attached = await StartAsync(Request("hello", key: "k"));
        drained.IsCompleted.ShouldBeFalse();
        call.Emit("a");
        call.Complete();
        await drained.WaitAsync(TimeSpan.FromSeconds(10));
        (await reader.ReadAsync()).Words().ShouldBe("""started "a" completed""");
    }

    [ContractFact]
    public async Task Draining_hands_over_or_cancels_what_is_still_running_at_its_deadline()
    {
        await using var reader = await StartAsync(Request("one"));
        await using var waiting = await StartAsync(Request("two"));
        await Engine.NextCallAsync();
        using var deadline = new CancellationTokenSource();
        var drained = _underTest!.DrainAsync(deadline.Token);
        await deadline.CancelAsync();
        await drained.WaitAsync(TimeSpan.FromSeconds(10));
        foreach (var left in new[] { reader, waiting })
        {
            if (HasStore)
            {
                (await left.ReadAsync()).Words().ShouldBe("started");
                (await left.WaitAsync(CancellationToken.None)).ShouldBe(ReadSignal.Moved);
            }
            else
            {
                (await left.ReadAsync())[^1].End!.Cancelled.ShouldBe(CancelReason.Stopping);
            }
        }
    }

    [ContractFact]
    public async Task The_session_idle_longest_makes_room_for_a_new_one()
    {
        for (var i = 0; i < Limits.Sessions; i++)
        {
            await RunAsync($"s{i}");
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await RunAsync("s0");
        await RunAsync("new");
        (await Host.FindSessionAsync(Key("s0"), CancellationToken.None)).ShouldNotBeNull();
        ((await Host.FindSessionAsync(Key("s1"), CancellationToken.None)) is not null).ShouldBe(HasStore);
        (await Host.FindSessionAsync(Key("s2"), CancellationToken.None)).ShouldNotBeNull();
    }

    [ContractFact]
    public async Task When_every_session_is_busy_a_new_one_is_refused()
    {
        for (var i = 0; i < Limits.Sessions; i++)
        {
            await using var busy = await StartAsync(Request("hello", session: $"s{i}"));
        }

        (await RefusedAsync(Request("hello", session: "new"))).ShouldBe(Refusal.TooManySessions);
        var call = await Engine.NextCallAsync();
        await using var ending = await FollowAsync(call.Turn.Id, after: 0);
        call.Complete();
        await ending.ReadAsync();
        await using var admitted = await StartAsync(Request("hello", session: "new"));
    }

    [ContractFact]
    public async Task An_idle_session_leaves_memory_and_a_busy_one_does_not()
    {
        await RunAsync("idle");
        await using var reader = await StartAsync(Request("hello", session: "busy"));
        Time.Advance(Limits.IdleTimeout + TimeSpan.FromSeconds(1));
        ((await Host.FindSessionAsync(Key("idle"), CancellationToken.None)) is not null).ShouldBe(HasStore);
        (await Host.FindSessionAsync(Key("busy"), CancellationToken.None)).ShouldNotBeNull();
    }

    private async Task<ITurnReader> StartAsync(TurnRequest request)
    {
        var admission = await Host.StartAsync(request, ReadInterest.EveryEvent, CancellationToken.None);
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader.ShouldNotBeNull();
    }

    private async Task<Refusal> RefusedAsync(TurnRequest request)
    {
        var admission = await Host.StartAsync(request, ReadInterest.EveryEvent, CancellationToken.None);
        admission.Reader.ShouldBeNull();
        return admission.Refusal;
    }

    private async Task<ITurnReader> FollowAsync(TurnId turn, long after) =>
        (await Host.FollowAsync(Local, new Cursor(turn, after), ReadInterest.EveryEvent, CancellationToken.None)).ShouldNotBeNull();

    private async Task<TurnState> StateAsync(ITurnReader reader) =>
        (await Host.FindTurnAsync(Local, reader.Turn, CancellationToken.None)).ShouldNotBeNull().State;

    private async Task RunAsync(string session)
    {
        await using var reader = await StartAsync(Request("hello", session: session));
        (await Engine.NextCallAsync()).Complete();
        await reader.ReadAsync();
    }
}

/// <summary>A defect that a test made on purpose.</summary>
public sealed class ExpectedDefectException : Exception;
