using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Hosts.Replicas;

/// <summary>Nodes on one store: any of them serves any request, and what one leaves behind another goes on with.</summary>
public sealed class ReplicasTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly SessionLimits Limits = new() { QueuedTurns = 2, LogEvents = 1000 };

    private readonly SharedStore _shared = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedEngine _engine = new();
    private readonly RecordingObserver _observer = new();
    private ReplicaNode _a = null!;
    private ReplicaNode _b = null!;
    private ReplicaNode _c = null!;

    public Task InitializeAsync()
    {
        _a = Start();
        _b = Start();
        _c = Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        await _c.DisposeAsync();
        _observer.Defects.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_turn_is_followed_on_another_node_to_its_end()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        await using var theirs = await FollowAsync(_b, mine.Turn, 0);
        var read = ReadAllAsync(theirs);
        await StoredAsync(mine.Turn, 2);
        call.Emit("b", "c");
        await StoredAsync(mine.Turn, 4);
        call.Complete();
        (await read).Words().ShouldBe("""started "a" "b" "c" completed""");
        (await mine.ReadAsync()).Words().ShouldBe("""started "a" "b" "c" completed""");
        (await _c.Host.FindTurnAsync(TenantId.Local, mine.Turn, None)).ShouldNotBeNull().State.ShouldBe(TurnState.Completed);
        _engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_turn_is_followed_when_every_wake_up_is_lost()
    {
        _a.Store.IsDeaf = _b.Store.IsDeaf = true;
        await using var mine = await StartAsync(_a, Request("hello"));
        var call = await _engine.NextCallAsync();
        await using var theirs = await FollowAsync(_b, mine.Turn, 0);
        call.Emit("a");
        call.Complete();
        (await ReadAllAsync(theirs)).Words().ShouldBe("""started "a" completed""");
    }

    [Fact]
    public async Task A_second_turn_waits_in_order_though_it_came_to_another_node()
    {
        await using var first = await StartAsync(_a, Request("one"));
        var one = await _engine.NextCallAsync();
        await using var second = await StartElsewhereAsync(_b, Request("two"));
        _engine.TryNextCall(out _).ShouldBeFalse();
        await using var third = await StartElsewhereAsync(_c, Request("three"));
        one.Complete();
        var two = await _engine.NextCallAsync();
        two.Text.ShouldBe("\"two\"");
        two.Emit("b");
        two.Complete();
        (await _engine.NextCallAsync()).Complete();
        (await ReadAllAsync(second)).Words().ShouldBe("""started "b" completed""");
        (await ReadAllAsync(third)).Words().ShouldBe("started completed");
        _engine.Overlapped.ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_session_refuses_is_refused_on_every_node()
    {
        await using var running = await StartAsync(_a, Request("0", key: "k", user: "ada"));
        await _engine.NextCallAsync();
        await using var one = await StartElsewhereAsync(_b, Request("1"));
        await using var two = await StartElsewhereAsync(_b, Request("2"));
        (await RefusedAsync(_b, Request("3"))).ShouldBe(Refusal.QueueFull);
        (await RefusedAsync(_b, Request("3", onBusy: BusyPolicy.Reject))).ShouldBe(Refusal.Busy);
        (await RefusedAsync(_b, Request("other", key: "k"))).ShouldBe(Refusal.KeyReused);
        (await RefusedAsync(_b, Request("3", user: "bob"))).ShouldBe(Refusal.OtherUser);
    }

    [Fact]
    public async Task An_interrupting_request_cancels_the_turn_that_runs_elsewhere()
    {
        await using var running = await StartAsync(_a, Request("one"));
        var one = await _engine.NextCallAsync();
        await using var waiting = await StartElsewhereAsync(_c, Request("two"));
        await using var urgent = await StartElsewhereAsync(_b, Request("now", onBusy: BusyPolicy.Interrupt));
        await one.CancelledAsync();
        (await running.ReadAsync())[^1].End!.Cancelled.ShouldBe(CancelReason.Interrupted);
        (await _engine.NextCallAsync()).Text.ShouldBe("\"now\"");
    }

    [Fact]
    public async Task The_same_key_joins_the_turn_that_runs_elsewhere_and_replays_it_when_it_has_ended()
    {
        await using var first = await StartAsync(_a, Request("hello", key: "k"));
        var call = await _engine.NextCallAsync();
        var joined = await _b.Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, None);
        joined.Attached.ShouldBeTrue();
        joined.Reader!.Turn.ShouldBe(first.Turn);
        call.Emit("a");
        call.Complete();
        (await ReadAllAsync(joined.Reader)).Words().ShouldBe("""started "a" completed""");
        await joined.Reader.DisposeAsync();

        await using var replayed = (await _c.Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, None)).Reader!;
        (await replayed.ReadAsync()).Words().ShouldBe("""started "a" completed""");
        _engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_turn_is_cancelled_from_another_node()
    {
        await using var running = await StartAsync(_a, Request("one"));
        var call = await _engine.NextCallAsync();
        await using var waiting = await StartAsync(_a, Request("two"));
        (await PassingTimeAsync(_b.Host.CancelAsync(TenantId.Local, waiting.Turn, None).AsTask())).ShouldNotBeNull().State.ShouldBe(TurnState.Cancelled);
        await PassingTimeAsync(_b.Host.CancelAsync(TenantId.Local, running.Turn, None).AsTask());
        await call.CancelledAsync();
        (await running.ReadAsync())[^1].End!.Cancelled.ShouldBe(CancelReason.Requested);
    }

    [Fact]
    public async Task A_session_is_forgotten_from_another_node()
    {
        await using var running = await StartAsync(_a, Request("one"));
        var call = await _engine.NextCallAsync();
        await using var follower = await FollowAsync(_c, running.Turn, 0);
        (await PassingTimeAsync(_b.Host.ForgetAsync(Key(), None).AsTask())).ShouldBeTrue();
        await call.CancelledAsync();
        (await ReadAllAsync(follower))[^1].End!.Cancelled.ShouldBe(CancelReason.Forgotten);
        (await _c.Host.FindSessionAsync(Key(), None)).ShouldBeNull();
        (await _b.Host.ForgetAsync(Key(), None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_turn_with_a_reader_on_another_node_is_not_alone()
    {
        await using var mine = await StartAsync(_a, Request("hello", grace: TimeSpan.FromSeconds(2)));
        var call = await _engine.NextCallAsync();
        await using (var theirs = await FollowAsync(_b, mine.Turn, 0))
        {
            await mine.DisposeAsync();
            await PassAsync(TimeSpan.FromSeconds(20));
            call.Cancelled.ShouldBeFalse();
        }

        await PassAsync(TimeSpan.FromSeconds(20));
        await call.CancelledAsync();
    }

    [Fact]
    public async Task A_session_goes_from_node_to_node_between_its_turns()
    {
        foreach (var (node, text) in new[] { (_a, "one"), (_b, "two"), (_c, "three"), (_a, "four") })
        {
            await using var reader = await StartAsync(node, Request(text));
            var call = await _engine.NextCallAsync();
            (call.Turn.EngineSessionAt("main")?.Id).ShouldBe(text == "one" ? null : "0815");
            call.Turn.BindEngineSession(new EngineSession("main", "here", "0815") { LastInvocation = text });
            call.Complete();
            (await reader.ReadAsync()).Words().ShouldBe("started completed");
        }

        (await _b.Host.FindSessionAsync(Key(), None)).ShouldNotBeNull().Turns.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_dead_nodes_turn_goes_on_where_somebody_looks_for_it()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        var first = await _engine.NextCallAsync();
        first.Emit("a", "b");
        await StoredAsync(mine.Turn, 3);
        _a.Store.Kill();

        await using var theirs = await FollowAsync(_b, mine.Turn, 2);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull().Kept.Count.ShouldBe(2);
        resumed.Interrupted!.HasDropped.ShouldBeFalse();
        resumed.Text.ShouldBe("\"hello\"");
        resumed.Interrupted.ContinueExactly();
        resumed.Emit("c");
        resumed.Complete();
        var events = await ReadAllAsync(theirs);
        events.Words().ShouldBe("""
            "b" "c" completed
            """.Trim());
        events.Select(e => e.Sequence).ShouldBe([3, 4, 5]);
        _observer.TakenOverTurns.ShouldBe([mine.Turn]);
        _engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_dead_nodes_turns_go_on_by_themselves_in_their_order()
    {
        await using var running = await StartAsync(_a, Request("one"));
        await _engine.NextCallAsync();
        await using var waiting = await StartAsync(_a, Request("two"));
        await using var urgentReader = await StartAsync(_a, Request("three"));
        _a.Store.Kill();
        await PassAsync(TimeSpan.FromSeconds(1.5));

        var resumed = await _engine.NextCallAsync();
        resumed.Text.ShouldBe("\"one\"");
        resumed.Interrupted.ShouldNotBeNull();
        resumed.Complete();
        var next = await _engine.NextCallAsync();
        next.Text.ShouldBe("\"two\"");
        next.Interrupted.ShouldBeNull();
        next.Complete();
        (await _engine.NextCallAsync()).Complete();
        await EndedAsync(_c, urgentReader.Turn);
        _observer.TakenOverTurns.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_dead_nodes_session_that_is_damaged_keeps_no_other_from_going_on()
    {
        (_b.Store.Damaged, _c.Store.Damaged) = (Key("damaged"), Key("damaged"));
        await using var damaged = await StartAsync(_a, Request("one", session: "damaged"));
        await _engine.NextCallAsync();
        await using var whole = await StartAsync(_a, Request("two", session: "whole"));
        await _engine.NextCallAsync();
        _a.Store.Kill();
        await PassAsync(TimeSpan.FromSeconds(1.5));

        var resumed = await _engine.NextCallAsync();
        resumed.Text.ShouldBe("\"two\"");
        resumed.Complete();
        await EndedAsync(_c, whole.Turn);
    }

    [Fact]
    public async Task A_session_that_is_damaged_keeps_none_of_many_from_going_on_where_nobody_looks_twice()
    {
        const int Many = 120;
        var shared = new SharedStore();
        await using var dead = ReplicaNode.Start(shared, _engine, Limits, _time, _observer);
        for (var session = 0; session < Many; session++)
        {
            await using var reader = await StartAsync(dead, Request("hello", session: $"s{session}"));
            await _engine.NextCallAsync();
        }

        dead.Store.Kill();
        await using var next = ReplicaNode.Start(shared, _engine, Limits, _time, _observer, isAlone: true);
        next.Store.Damaged = Key("s0");
        await PassAsync(TimeSpan.FromSeconds(1.5));

        for (var session = 1; session < Many; session++)
        {
            (await _engine.NextCallAsync()).Complete();
        }
    }

    [Fact]
    public async Task A_session_that_is_damaged_is_told_of_once_until_it_can_be_read()
    {
        var shared = new SharedStore();
        await using var dead = ReplicaNode.Start(shared, _engine, Limits, _time, _observer);
        await using var reader = await StartAsync(dead, Request("hello", session: "damaged"));
        await _engine.NextCallAsync();
        dead.Store.Kill();
        await using var next = ReplicaNode.Start(shared, _engine, Limits, _time, _observer);
        next.Store.Damaged = Key("damaged");

        await PassAsync(TimeSpan.FromSeconds(5.5));

        _observer.DamagedSessions.ShouldBe([Key("damaged")]);

        next.Store.Damaged = null;
        await PassAsync(TimeSpan.FromSeconds(1.5));
        (await _engine.NextCallAsync()).Complete();
    }

    [Fact]
    public async Task A_reader_that_saw_more_than_was_stored_goes_on_where_it_was()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        (await _engine.NextCallAsync()).Emit("a", "b", "c");
        (await mine.ReadAsync(count: 4)).Words().ShouldBe("""started "a" "b" "c" """.Trim());
        _a.Store.Kill();

        // Nothing was stored of it, and the reader comes back with what it has seen.
        await using var theirs = await FollowAsync(_b, mine.Turn, 4);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted!.ContinueExactly();
        resumed.Emit("a", "b", "c");
        resumed.Emit("d");
        resumed.Complete();
        (await ReadAllAsync(theirs)).Words().ShouldBe("""
            "d" completed
            """.Trim());
    }

    [Fact]
    public async Task When_nobody_knows_what_readers_saw_they_are_told_of_a_gap()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        await StoredAsync(mine.Turn, 2);
        call.Emit("b", "c");
        _a.Store.Kill();

        await using var ahead = await FollowAsync(_b, mine.Turn, 4);
        await using var behind = await FollowAsync(_c, mine.Turn, 1);
        (await _engine.NextCallAsync()).Fail(FaultKind.Interrupted);
        (await ReadAllAsync(ahead)).Words().ShouldBe("gap unknown");
        var events = await ReadAllAsync(behind);
        events.Words().ShouldBe("""
            "a" gap unknown
            """.Trim());
        await using var later = await FollowAsync(_c, mine.Turn, 3);
        (await ReadAllAsync(later)).Words().ShouldBe("gap unknown");
        await using var whole = await FollowAsync(_c, mine.Turn, 0);
        (await ReadAllAsync(whole)).Select(e => e.Sequence).ShouldBe([1, .. events.Select(e => e.Sequence)]);
    }

    [Fact]
    public async Task A_node_that_was_only_paused_cannot_write_and_tells_its_readers()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        var first = await _engine.NextCallAsync();
        first.Emit("a");
        await StoredAsync(mine.Turn, 2);
        _a.Store.IsSeen = false;
        await using var theirs = await FollowAsync(_b, mine.Turn, 0);
        var resumed = await _engine.NextCallAsync();
        first.Turn.IsHeld.ShouldBeFalse();

        _a.Store.IsSeen = true;
        first.Emit("b of the first");
        first.Complete();
        resumed.Interrupted!.ContinueExactly();
        resumed.Emit("b");
        resumed.Complete();
        (await ReadAllAsync(theirs)).Words().ShouldBe("""started "a" "b" completed""");
        await mine.ReadAsync();
        (await mine.WaitAsync(None)).ShouldBe(ReadSignal.Moved);
        await using var back = await FollowAsync(_a, mine.Turn, 0);
        (await ReadAllAsync(back)).Words().ShouldBe("""started "a" "b" completed""");
    }

    [Fact]
    public async Task A_node_that_was_not_seen_for_a_while_makes_sure_of_its_turns()
    {
        await using var kept = await StartAsync(_a, Request("kept"));
        var keptCall = await _engine.NextCallAsync();
        await using var taken = await StartAsync(_a, Request("taken", session: "s2"));
        var takenCall = await _engine.NextCallAsync();
        _a.Store.IsSeen = false;
        keptCall.Turn.IsHeld.ShouldBeFalse();
        var keeping = keptCall.Turn.HoldAsync(None).AsTask();
        await using var theirs = await FollowAsync(_b, taken.Turn, 0);
        keeping.IsCompleted.ShouldBeFalse();

        _a.Store.IsSeen = true;
        keptCall.Turn.IsHeld.ShouldBeFalse();
        (await PassingTimeAsync(keeping)).ShouldBeTrue();
        keptCall.Turn.IsHeld.ShouldBeTrue();
        (await PassingTimeAsync(takenCall.Turn.HoldAsync(None).AsTask())).ShouldBeFalse();
    }

    [Fact]
    public async Task A_node_that_leaves_hands_its_turns_over_with_all_that_was_shown()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        var first = await _engine.NextCallAsync();
        await using var waiting = await StartAsync(_a, Request("two"));
        first.Emit("a", "b");
        (await mine.ReadAsync(count: 3)).Words().ShouldBe("""started "a" "b" """.Trim());
        await _a.Host.DrainAsync(new CancellationToken(canceled: true));
        (await mine.WaitAsync(None)).ShouldBe(ReadSignal.Moved);
        (await waiting.ReadAsync()).Words().ShouldBe("started");
        _observer.MovedTurns.Count.ShouldBe(2);

        await using var theirs = await FollowAsync(_b, mine.Turn, 3);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull().Kept.Count.ShouldBe(2);
        resumed.Emit("c");
        resumed.Complete();
        (await ReadAllAsync(theirs)).Select(e => e.Sequence).ShouldBe([4, 5]);
        (await _engine.NextCallAsync()).Text.ShouldBe("\"two\"");
    }

    [Fact]
    public async Task A_turn_that_ends_while_it_is_handed_over_keeps_all_of_its_events()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        await _a.Host.DrainAsync(new CancellationToken(canceled: true));
        call.Emit("b");
        call.Complete();
        await using var theirs = await FollowAsync(_b, mine.Turn, 0);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted!.ContinueExactly();
        resumed.Emit("b");
        resumed.Complete();
        (await ReadAllAsync(theirs)).Words().ShouldBe("""started "a" "b" completed""");
    }

    [Fact]
    public async Task What_readers_of_a_dead_node_saw_is_not_forgotten_by_one_that_leaves()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        (await _engine.NextCallAsync()).Emit("a", "b", "c");
        _a.Store.Kill();
        await using var behind = await FollowAsync(_b, mine.Turn, 4);
        (await _engine.NextCallAsync()).Interrupted.ShouldNotBeNull();
        await _b.Host.DrainAsync(new CancellationToken(canceled: true));
        _b.Store.Kill();

        await using var ahead = await FollowAsync(_c, mine.Turn, 4);
        (await _engine.NextCallAsync()).Fail(FaultKind.Interrupted);
        var events = await ReadAllAsync(ahead);
        events.Words().ShouldBe("gap unknown");
        events[0].Sequence.ShouldBeGreaterThan(4);
    }

    [Fact]
    public async Task Readers_of_other_nodes_turns_are_told_to_go_on_elsewhere_by_a_node_that_leaves()
    {
        await using var mine = await StartAsync(_a, Request("hello", key: "k"));
        await _engine.NextCallAsync();
        await using var follower = await FollowAsync(_b, mine.Turn, 0);
        await _b.Host.DrainAsync(new CancellationToken(canceled: true));
        (await follower.ReadAsync()).Words().ShouldBe("started");
        (await follower.WaitAsync(None)).ShouldBe(ReadSignal.Moved);

        (await RefusedAsync(_b, Request("new", session: "s2"))).ShouldBe(Refusal.Stopping);
        var joined = await _b.Host.StartAsync(Request("hello", key: "k"), ReadInterest.EveryEvent, None);
        (joined.Attached, joined.Reader!.Turn).ShouldBe((true, mine.Turn));
        await joined.Reader.ReadAsync();
        (await joined.Reader.WaitAsync(None)).ShouldBe(ReadSignal.Moved);
    }

    [Fact]
    public async Task A_request_for_a_session_whose_node_dies_before_it_answers_is_taken_by_another()
    {
        await using var running = await StartAsync(_a, Request("one"));
        await _engine.NextCallAsync();
        _a.Store.IsDeaf = true;
        var starting = StartElsewhereAsync(_b, Request("two"));
        _a.Store.Kill();
        await using var second = await starting;
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull();
        resumed.Complete();
        (await _engine.NextCallAsync()).Complete();
        (await ReadAllAsync(second)).Words().ShouldBe("started completed");
    }

    [Fact]
    public async Task Of_two_nodes_that_find_a_dead_ones_turn_one_goes_on_with_it()
    {
        await using var mine = await StartAsync(_a, Request("hello"));
        await _engine.NextCallAsync();
        _a.Store.Kill();
        var both = await Task.WhenAll(FollowAsync(_b, mine.Turn, 0), FollowAsync(_c, mine.Turn, 0));
        (await _engine.NextCallAsync()).Complete();
        foreach (var reader in both)
        {
            (await ReadAllAsync(reader))[^1].End!.State.ShouldBe(TurnState.Completed);
            await reader.DisposeAsync();
        }

        _engine.TryNextCall(out _).ShouldBeFalse();
        _observer.TakenOverTurns.Count.ShouldBe(1);
    }

    private ReplicaNode Start() => ReplicaNode.Start(_shared, _engine, Limits, _time, _observer);

    private static async Task<ITurnReader> StartAsync(ReplicaNode node, TurnRequest request)
    {
        var admission = await node.Host.StartAsync(request, ReadInterest.EveryEvent, None);
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader.ShouldNotBeNull();
    }

    // Through a letter, which is found by a look when its wake-up is lost.
    private async Task<ITurnReader> StartElsewhereAsync(ReplicaNode node, TurnRequest request)
    {
        var admission = await PassingTimeAsync(node.Host.StartAsync(request, ReadInterest.EveryEvent, None).AsTask());
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader.ShouldNotBeNull();
    }

    private async Task<Refusal> RefusedAsync(ReplicaNode node, TurnRequest request)
    {
        var admission = await PassingTimeAsync(node.Host.StartAsync(request, ReadInterest.EveryEvent, None).AsTask());
        admission.Reader.ShouldBeNull();
        return admission.Refusal;
    }

    private static async Task<ITurnReader> FollowAsync(ReplicaNode node, TurnId turn, long after) =>
        (await node.Host.FollowAsync(TenantId.Local, new Cursor(turn, after), ReadInterest.EveryEvent, None)).ShouldNotBeNull();

    private Task<List<TurnEvent>> ReadAllAsync(ITurnReader reader) => PassingTimeAsync(reader.ReadAsync());

    private Task StoredAsync(TurnId turn, long sequence) => UntilAsync(async () =>
        await _c.Store.FindTurnAsync(TenantId.Local, turn, None) is { } stored && stored.LastSequence >= sequence);

    private Task EndedAsync(ReplicaNode node, TurnId turn) =>
        UntilAsync(async () => await node.Host.FindTurnAsync(TenantId.Local, turn, None) is { End: not null });

    // Nodes look now and then; the clock is moved until they have.
    private async Task<T> PassingTimeAsync<T>(Task<T> task)
    {
        await UntilAsync(() => Task.FromResult(task.IsCompleted));
        return await task;
    }

    private async Task UntilAsync(Func<Task<bool>> done)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await done())
        {
            patience.Token.ThrowIfCancellationRequested();
            await PassAsync(TimeSpan.FromMilliseconds(50));
        }
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(50))
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));

            // What nodes do between two looks takes real time, on threads that others use as well.
            await Task.Delay(2);
        }
    }
}
