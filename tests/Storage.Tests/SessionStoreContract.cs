using System.Text;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests;

/// <summary>What every store of sessions promises. A store passes by deriving from this and saying how it is opened, again and again on the same data.</summary>
public abstract class SessionStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected ISessionStore Store { get; private set; } = null!;

    /// <summary>Opens the store on the data of this test.</summary>
    protected abstract Task<ISessionStore> OpenAsync();

    protected abstract Task CloseAsync(ISessionStore store);

    /// <summary>How many requests stand in the store, whoever asks.</summary>
    protected abstract Task<long> CountRequestsAsync();

    public virtual async Task InitializeAsync() => Store = await OpenAsync();

    public virtual Task DisposeAsync() => CloseAsync(Store);

    [StoreFact]
    public async Task What_was_never_kept_is_not_known()
    {
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, TurnId.New(), None)).ShouldBeNull();
        (await Store.FindTurnAsync(Key(), "tester", "k", None)).ShouldBeNull();
        (await Store.ReadEventsAsync(TurnId.New(), 0, None)).ShouldBeEmpty();
        (await Store.ForgetAsync(Key(), None)).ShouldBeFalse();
        (await Store.StartAsync(Held(TurnId.New()), Noon, None)).ShouldBeFalse();
        (await Store.AppendAsync(Progress(TurnId.New(), Events(2, "a")), None)).ShouldBeFalse();
        (await Store.EndAsync(Progress(TurnId.New()), Completed(2), None)).ShouldBeFalse();
        (await Store.TakeAsync(Key(), 0, None)).ShouldBeNull();
        (await Store.FindAbandonedAsync(10, None)).ShouldBeEmpty();
        await Store.ReleaseAsync(Key(), 1, None);
    }

    [StoreFact]
    public async Task A_turn_and_its_session_are_found_again_as_they_were_kept()
    {
        var turn = TurnId.New();
        var start = Noon.AddTicks(1_234_567);
        await AcceptAsync(turn, key: "k", user: "ada", at: start);
        EngineSession[] sessions = [new("main", "here", "0815") { LastInvocation = "e-1", LastEventAt = Noon }, new("other", "there", "42")];
        (await Store.AppendAsync(Progress(turn, Events(2, "a", "bc")) with { EngineSessions = sessions }, None)).ShouldBeTrue();
        var end = new TurnEnd
        {
            State = TurnState.Completed,
            At = Noon.AddSeconds(3),
            Answer = AnswerShape.Text,
            FinishReason = "STOP",
            Usage = new TokenUsage(1, 2, 3),
            ServedBy = new ServedBy("main", "here") { MovedFrom = "there", Fallback = "stale", Age = TimeSpan.FromSeconds(7) },
        };
        (await Store.EndAsync(Progress(turn, Events(4, "d"), Noon.AddSeconds(3)), new StoredEnd(end, 5, start.AddSeconds(1)), None)).ShouldBeTrue();
        await ReopenAsync();

        var found = (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull();
        found.ShouldBe(new StoredTurn
        {
            Session = Key(),
            Turn = turn,
            State = TurnState.Completed,
            AcceptedAt = start,
            StartedAt = start.AddSeconds(1),
            LastSequence = 5,
            End = end,
            Key = new IdempotencyKey("tester", "k", "print"),
        });
        var session = (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        session.UserId.ShouldBe("ada");
        session.EngineSessions.ShouldBe(sessions);
        session.CreatedAt.ShouldBe(start);
        session.LastActivityAt.ShouldBe(Noon.AddSeconds(3));
        session.Turns.ShouldBe([found]);
        (await Store.FindTurnAsync(Key(), "tester", "k", None)).ShouldBe(found);
        (await TextsAsync(turn)).ShouldBe("2:a 3:bc 4:d");
    }

    [StoreFact]
    public async Task Every_way_to_end_is_read_as_it_was_written()
    {
        foreach (var row in FaultTable.All)
        {
            var turn = TurnId.New();
            var fault = new EngineFault(row.Kind, "why", UpstreamStatus: 429, TimeSpan.FromSeconds(1.5)) { Started = true, NeverStarted = true, RanToItsError = true };
            var end = new TurnEnd { State = TurnState.Unknown, At = Noon, Fault = fault };
            await AcceptAsync(turn);
            await Store.EndAsync(Progress(turn), new StoredEnd(end, 2, null), None);
            (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().End.ShouldBe(end);
        }

        foreach (var reason in Enum.GetValues<CancelReason>())
        {
            var turn = TurnId.New();
            var end = new TurnEnd { State = TurnState.Cancelled, At = Noon, Cancelled = reason };
            await AcceptAsync(turn);
            await Store.EndAsync(Progress(turn), new StoredEnd(end, 2, null), None);
            (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().End.ShouldBe(end);
        }
    }

    [StoreFact]
    public async Task Nothing_of_one_tenant_exists_for_another()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn, key: "k");
        (await Store.FindTurnAsync(new TenantId("other"), turn, None)).ShouldBeNull();
        (await Store.FindSessionAsync(Key(tenant: "other"), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(Key(tenant: "other"), "tester", "k", None)).ShouldBeNull();
        (await Store.FindTurnAsync(Key(), "another", "k", None)).ShouldBeNull();
        (await Store.ForgetAsync(Key(tenant: "other"), None)).ShouldBeFalse();
    }

    [StoreFact]
    public async Task A_key_belongs_to_one_turn_of_its_session()
    {
        var turn = TurnId.New();
        (await AcceptAsync(turn, key: "k")).ShouldBe(Acceptance.Accepted);
        (await AcceptAsync(TurnId.New(), key: "k")).ShouldBe(Acceptance.KeyTaken);
        (await AcceptAsync(turn, key: "k")).ShouldBe(Acceptance.Accepted, "the same turn again, after a lost answer");
        (await AcceptAsync(TurnId.New(), key: "k", session: "s2")).ShouldBe(Acceptance.Accepted);
        (await AcceptAsync(TurnId.New(), key: "k2")).ShouldBe(Acceptance.Accepted);
        (await Store.FindTurnAsync(Key(), "tester", "k", None)).ShouldNotBeNull().Turn.ShouldBe(turn);
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull().Turns.Count.ShouldBe(2);
    }

    [StoreFact]
    public async Task Of_two_that_accept_the_same_key_at_once_one_wins()
    {
        var accepted = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AcceptAsync(TurnId.New(), key: "k").AsTask()));
        accepted.Count(won => won == Acceptance.Accepted).ShouldBe(1);
        accepted.Count(won => won == Acceptance.KeyTaken).ShouldBe(19);
    }

    [StoreFact]
    public async Task The_first_end_stays()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        (await Store.EndAsync(Progress(turn), Completed(2), None)).ShouldBeTrue();
        var late = new StoredEnd(new TurnEnd { State = TurnState.Cancelled, At = Noon, Cancelled = CancelReason.Requested }, 9, null);
        (await Store.EndAsync(Progress(turn, Events(2, "late")), late, None)).ShouldBeFalse();
        (await Store.AppendAsync(Progress(turn, Events(2, "late")), None)).ShouldBeFalse();
        (await Store.StartAsync(Held(turn), Noon, None)).ShouldBeFalse();
        (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().State.ShouldBe(TurnState.Completed);
        (await TextsAsync(turn)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task Events_are_read_from_a_cursor_in_whole_batches()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.AppendAsync(Progress(turn, Events(2, "a", "b")), None);
        await Store.AppendAsync(Progress(turn, Events(4, "c", "d")), None);
        await Store.AppendAsync(Progress(turn, Events(6, "e")), None);
        (await TextsAsync(turn, after: 3)).ShouldBe("4:c 5:d 6:e");
        (await TextsAsync(turn, after: 4)).ShouldBe("4:c 5:d 6:e");
        (await TextsAsync(turn, after: 6)).ShouldBeEmpty();
        (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().LastSequence.ShouldBe(6);
    }

    [StoreFact]
    public async Task A_batch_that_is_kept_again_is_kept_once()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.AppendAsync(Progress(turn, Events(2, "a")), None);
        await Store.AppendAsync(Progress(turn, Events(3, "b")), None);
        await Store.AppendAsync(Progress(turn, Events(3, "b", "c")), None);
        (await TextsAsync(turn)).ShouldBe("2:a 3:b 4:c");
    }

    [StoreFact]
    public async Task Batches_that_the_log_holds_no_more_are_dropped()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.AppendAsync(Progress(turn, Events(2, "a", "b")), None);
        await Store.AppendAsync(Progress(turn, Events(4, "c", "d")), None);
        await Store.AppendAsync(Progress(turn, Events(6, "e")) with { FirstRetained = 5 }, None);
        (await TextsAsync(turn)).ShouldBe("4:c 5:d 6:e");
    }

    [StoreFact]
    public async Task A_session_is_held_from_its_first_turn_until_the_end_of_its_last()
    {
        var (first, second) = (TurnId.New(), TurnId.New());
        await AcceptAsync(first, epoch: 7);
        await AcceptAsync(second, epoch: 7, state: TurnState.Queued);
        (await HoldingAsync()).ShouldBe((7, SessionHolder.This, true));
        (await Store.FindTurnAsync(TenantId.Local, first, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.This);
        (await Store.FindTurnAsync(TenantId.Local, second, None)).ShouldNotBeNull().StartedAt.ShouldBeNull();

        await Store.EndAsync(Progress(first, epoch: 7), Completed(2), None);
        (await HoldingAsync()).ShouldBe((7, SessionHolder.This, true));
        (await Store.StartAsync(Held(second, epoch: 7), Noon.AddMinutes(1), None)).ShouldBeTrue();
        var started = (await Store.FindTurnAsync(TenantId.Local, second, None)).ShouldNotBeNull();
        started.State.ShouldBe(TurnState.Running);
        started.StartedAt.ShouldBe(Noon.AddMinutes(1));

        await Store.EndAsync(Progress(second, epoch: 7), Completed(2), None);
        (await HoldingAsync()).ShouldBe((7, SessionHolder.Nobody, false));
        (await Store.FindAbandonedAsync(10, None)).ShouldBeEmpty();
    }

    [StoreFact]
    public async Task A_new_turn_is_for_the_one_who_holds_the_session_or_held_it_last()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn, epoch: 5);
        (await AcceptAsync(TurnId.New(), epoch: 4)).ShouldBe(Acceptance.NotHeld);
        (await AcceptAsync(TurnId.New(), epoch: 6)).ShouldBe(Acceptance.NotHeld, "it is held under another epoch");
        await Store.EndAsync(Progress(turn, epoch: 5), Completed(2), None);
        (await AcceptAsync(TurnId.New(), epoch: 4)).ShouldBe(Acceptance.NotHeld);
        (await AcceptAsync(TurnId.New(), epoch: 7)).ShouldBe(Acceptance.NotHeld);
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull().Turns.ShouldHaveSingleItem();
        (await HoldingAsync()).ShouldBe((5, SessionHolder.Nobody, false));

        turn = TurnId.New();
        (await AcceptAsync(turn, epoch: 5)).ShouldBe(Acceptance.Accepted, "the one that held it last goes on");
        await Store.EndAsync(Progress(turn, epoch: 5), Completed(2), None);
        await ReopenAsync();
        (await AcceptAsync(TurnId.New(), epoch: 5)).ShouldBe(Acceptance.NotHeld, "another held it under this epoch");
        (await AcceptAsync(TurnId.New(), epoch: 6)).ShouldBe(Acceptance.Accepted);
        (await HoldingAsync()).ShouldBe((6, SessionHolder.This, true));
    }

    [StoreFact]
    public async Task Of_a_turn_that_is_not_accepted_nothing_is_kept()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn, epoch: 5, key: "k", user: null);
        var before = (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        (await AcceptAsync(TurnId.New(), epoch: 5, key: "k", user: "eve", at: Noon.AddHours(1))).ShouldBe(Acceptance.KeyTaken);
        (await AcceptAsync(TurnId.New(), epoch: 9, user: "eve", at: Noon.AddHours(1))).ShouldBe(Acceptance.NotHeld);

        var after = (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        after.Turns.ShouldBe(before.Turns);
        (after with { Turns = before.Turns, EngineSessions = before.EngineSessions }).ShouldBe(before);
        (await CountRequestsAsync()).ShouldBe(1);
    }

    [StoreFact]
    public async Task Turns_of_a_process_that_is_gone_are_taken_over_with_all_that_is_kept()
    {
        var (done, running, waiting, urgent, mostUrgent) = (TurnId.New(), TurnId.New(), TurnId.New(), TurnId.New(), TurnId.New());
        await AcceptAsync(done, epoch: 3, user: "ada");
        await Store.EndAsync(Progress(done, epoch: 3), Completed(2), None);
        await AcceptAsync(running, epoch: 3, key: "k", text: "one");
        await AcceptAsync(waiting, epoch: 3, state: TurnState.Queued, text: "two");
        await AcceptAsync(urgent, epoch: 3, state: TurnState.Queued, text: "three", first: true);
        await AcceptAsync(mostUrgent, epoch: 3, state: TurnState.Queued, text: "four", first: true);
        EngineSession[] sessions = [new("main", "here", "0815")];
        await Store.AppendAsync(Progress(running, Events(2, "a", "b"), epoch: 3) with { EngineSessions = sessions }, None);
        await Store.AppendAsync(Progress(running, Events(4, "c"), epoch: 3), None);
        await ReopenAsync();
        (await HoldingAsync()).ShouldBe((3, SessionHolder.Nobody, true));
        (await Store.FindAbandonedAsync(10, None)).ShouldBe([Key()]);
        (await Store.TakeAsync(Key(), 2, None)).ShouldBeNull("it has changed hands since");
        (await AcceptAsync(TurnId.New(), epoch: 3)).ShouldBe(Acceptance.NotHeld, "another held it under this epoch");
        (await AcceptAsync(TurnId.New(), epoch: 4)).ShouldBe(Acceptance.NotHeld, "its turns are to be taken over first");

        var taken = (await Store.TakeAsync(Key(), 3, None)).ShouldNotBeNull();

        taken.IsHandedOver.ShouldBeFalse();
        taken.Session.Epoch.ShouldBe(4);
        taken.Session.Holder.ShouldBe(SessionHolder.This);
        taken.Session.UserId.ShouldBe("ada");
        taken.Session.EngineSessions.ShouldBe(sessions);
        taken.Unfinished.Select(turn => turn.Turn.Turn).ShouldBe([running, mostUrgent, urgent, waiting]);
        taken.Unfinished.Select(turn => Encoding.UTF8.GetString(turn.Request.ShouldNotBeNull().Input.Json.Span)).ShouldBe(["\"one\"", "\"four\"", "\"three\"", "\"two\""]);
        taken.Unfinished[0].Turn.ShouldBe(await Store.FindTurnAsync(TenantId.Local, running, None));
        taken.Unfinished[0].Turn.LastSequence.ShouldBe(4);
        taken.Unfinished[0].Turn.Key.ShouldBe(new IdempotencyKey("tester", "k", "print"));
        Texts(taken.Unfinished[0].Events).ShouldBe("2:a 3:b 4:c");
        taken.Unfinished[1].Events.ShouldBeEmpty();
        (await HoldingAsync()).ShouldBe((4, SessionHolder.This, true));
        (await Store.FindAbandonedAsync(10, None)).ShouldBeEmpty();
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull().Turns.Select(turn => turn.Turn)
            .ShouldBe([done, running, waiting, urgent, mostUrgent], "in the order in which they were accepted");

        foreach (var turn in taken.Unfinished)
        {
            (await Store.EndAsync(Progress(turn.Turn.Turn, epoch: 4), Completed(9), None)).ShouldBeTrue();
        }

        (await HoldingAsync()).ShouldBe((4, SessionHolder.Nobody, false));
    }

    [StoreFact]
    public async Task What_is_written_under_an_epoch_that_has_passed_is_not_kept()
    {
        var (running, waiting) = (TurnId.New(), TurnId.New());
        await AcceptAsync(running);
        await AcceptAsync(waiting, state: TurnState.Queued);
        await Store.AppendAsync(Progress(running, Events(2, "a")), None);
        await Store.TakeAsync(Key(), 1, None);

        (await Store.AppendAsync(Progress(running, Events(3, "late")) with { EngineSessions = [new("main", "here", "late")] }, None)).ShouldBeFalse();
        (await Store.StartAsync(Held(waiting), Noon, None)).ShouldBeFalse();
        (await Store.EndAsync(Progress(running, Events(3, "late")), Completed(4), None)).ShouldBeFalse();
        (await AcceptAsync(TurnId.New())).ShouldBe(Acceptance.NotHeld);
        await Store.ReleaseAsync(Key(), 1, None);

        var session = (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        session.EngineSessions.ShouldBeEmpty();
        session.Turns.Select(turn => (turn.Turn, turn.State, turn.LastSequence)).ShouldBe([(running, TurnState.Running, 2), (waiting, TurnState.Queued, 1)]);
        (await HoldingAsync()).ShouldBe((2, SessionHolder.This, true));
        (await TextsAsync(running)).ShouldBe("2:a");
        (await Store.AppendAsync(Progress(running, Events(3, "b"), epoch: 2), None)).ShouldBeTrue();
    }

    [StoreFact]
    public async Task A_session_that_was_released_is_for_another_with_its_turns()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.ReleaseAsync(Key(), 2, None);
        (await HoldingAsync()).ShouldBe((1, SessionHolder.This, true), "it was not held under that epoch");
        await Store.ReleaseAsync(Key(), 1, None);
        (await HoldingAsync()).ShouldBe((1, SessionHolder.Nobody, true));
        (await Store.FindAbandonedAsync(10, None)).ShouldBe([Key()]);
        (await Store.AppendAsync(Progress(turn, Events(2, "late")), None)).ShouldBeFalse();
        (await Store.EndAsync(Progress(turn), Completed(2), None)).ShouldBeFalse();
        (await AcceptAsync(TurnId.New(), epoch: 1)).ShouldBe(Acceptance.NotHeld, "its turns are to be taken over first");
        (await AcceptAsync(TurnId.New(), epoch: 2)).ShouldBe(Acceptance.NotHeld, "its turns are to be taken over first");

        await ReopenAsync();
        var taken = (await Store.TakeAsync(Key(), 1, None)).ShouldNotBeNull();
        taken.IsHandedOver.ShouldBeTrue();
        taken.Unfinished.ShouldHaveSingleItem().Request.ShouldNotBeNull();
        (await Store.EndAsync(Progress(turn, epoch: 2), Completed(2), None)).ShouldBeTrue();
    }

    [StoreFact]
    public async Task A_process_takes_again_what_it_held_itself()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        var taken = (await Store.TakeAsync(Key(), 1, None)).ShouldNotBeNull();
        taken.IsHandedOver.ShouldBeFalse();
        taken.Session.Epoch.ShouldBe(2);
        (await Store.TakeAsync(Key(), 1, None)).ShouldBeNull("it has changed hands since");
        (await Store.TakeAsync(Key(), 2, None)).ShouldNotBeNull().Session.Epoch.ShouldBe(3);
    }

    [StoreFact]
    public async Task A_session_whose_turns_have_all_ended_is_taken_with_nothing_to_hold()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.EndAsync(Progress(turn), Completed(2), None);
        var taken = (await Store.TakeAsync(Key(), 1, None)).ShouldNotBeNull();
        taken.Unfinished.ShouldBeEmpty();
        taken.Session.Epoch.ShouldBe(2);
        (await HoldingAsync()).ShouldBe((2, SessionHolder.Nobody, false));
        (await AcceptAsync(TurnId.New(), epoch: 2)).ShouldBe(Acceptance.Accepted);
    }

    [StoreFact]
    public async Task The_same_write_again_after_a_lost_answer_is_the_same()
    {
        var turn = TurnId.New();
        (await AcceptAsync(turn, state: TurnState.Queued)).ShouldBe(Acceptance.Accepted);
        (await AcceptAsync(turn, state: TurnState.Queued)).ShouldBe(Acceptance.Accepted);
        (await Store.StartAsync(Held(turn), Noon, None)).ShouldBeTrue();
        (await Store.StartAsync(Held(turn), Noon, None)).ShouldBeTrue();
        (await Store.AppendAsync(Progress(turn, Events(2, "a")), None)).ShouldBeTrue();
        (await Store.AppendAsync(Progress(turn, Events(2, "a")), None)).ShouldBeTrue();
        (await Store.EndAsync(Progress(turn, Events(3, "b")), Completed(4), None)).ShouldBeTrue();
        (await Store.EndAsync(Progress(turn, Events(3, "b")), Completed(4), None)).ShouldBeTrue();
        (await TextsAsync(turn)).ShouldBe("2:a 3:b");
        (await CountRequestsAsync()).ShouldBe(0);
    }

    [StoreFact]
    public async Task What_was_said_is_kept_until_the_end_of_the_turn_and_not_longer()
    {
        var (ended, forgotten) = (TurnId.New(), TurnId.New());
        await AcceptAsync(ended, session: "s1");
        await AcceptAsync(forgotten, session: "s2");
        (await CountRequestsAsync()).ShouldBe(2);
        await Store.EndAsync(Progress(ended), Completed(2), None);
        (await CountRequestsAsync()).ShouldBe(1);
        await Store.ForgetAsync(Key("s2"), None);
        (await CountRequestsAsync()).ShouldBe(0);
    }

    [StoreFact]
    public async Task As_many_abandoned_sessions_are_found_as_are_asked_for()
    {
        foreach (var number in Enumerable.Range(0, 5))
        {
            await AcceptAsync(TurnId.New(), session: $"s{number}");
            await AcceptAsync(TurnId.New(), session: $"s{number}", state: TurnState.Queued);
        }

        await Store.EndAsync(Progress((await Store.FindSessionAsync(Key("s0"), 10, None))!.Turns[0].Turn, session: "s0"), Completed(2), None);
        (await Store.FindAbandonedAsync(10, None)).ShouldBeEmpty();
        await ReopenAsync();
        await AcceptAsync(TurnId.New(), session: "mine");
        (await Store.FindAbandonedAsync(10, None)).Order(Comparer<SessionKey>.Create((a, b) => string.CompareOrdinal(a.Session.Value, b.Session.Value)))
            .ShouldBe([Key("s0"), Key("s1"), Key("s2"), Key("s3"), Key("s4")]);
        (await Store.FindAbandonedAsync(3, None)).Distinct().Count().ShouldBe(3);
    }

    [StoreFact]
    public async Task A_session_tells_its_newest_turns_in_order()
    {
        var turns = Enumerable.Range(0, 5).Select(_ => TurnId.New()).ToList();
        foreach (var turn in turns)
        {
            await AcceptAsync(turn);
        }

        var session = (await Store.FindSessionAsync(Key(), 3, None)).ShouldNotBeNull();
        session.Turns.Select(turn => turn.Turn).ShouldBe(turns[2..]);
    }

    [StoreFact]
    public async Task A_forgotten_session_is_gone_with_its_turns_keys_and_events()
    {
        var (turn, other) = (TurnId.New(), TurnId.New());
        await AcceptAsync(turn, key: "k");
        await AcceptAsync(other, session: "s2");
        await Store.AppendAsync(Progress(turn, Events(2, "a")), None);
        (await Store.ForgetAsync(Key(), None)).ShouldBeTrue();
        (await Store.AppendAsync(Progress(turn, Events(3, "b")), None)).ShouldBeFalse();
        (await Store.EndAsync(Progress(turn, Events(3, "b")), Completed(4), None)).ShouldBeFalse();

        (await Store.FindSessionAsync(Key(), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldBeNull();
        (await TextsAsync(turn)).ShouldBeEmpty();
        (await AcceptAsync(TurnId.New(), key: "k")).ShouldBe(Acceptance.Accepted);
        (await Store.FindTurnAsync(TenantId.Local, other, None)).ShouldNotBeNull();
    }

    [StoreFact]
    public async Task Turns_are_forgotten_by_the_age_of_their_last_activity()
    {
        var (old, touched, running) = (TurnId.New(), TurnId.New(), TurnId.New());
        await AcceptAsync(old, session: "old");
        await AcceptAsync(touched);
        await AcceptAsync(running, session: "running");
        await Store.EndAsync(Progress(old, session: "old"), Completed(2), None);
        await Store.EndAsync(Progress(touched, at: Noon.AddDays(2)), Completed(2), None);
        var retention = new Retention { Age = TimeSpan.FromDays(3) };

        (await Store.PruneAsync(retention, Noon.AddDays(3), None)).ShouldBe(0);
        (await Store.PruneAsync(retention, Noon.AddDays(4), None)).ShouldBe(1);

        (await Store.FindTurnAsync(TenantId.Local, old, None)).ShouldBeNull();
        (await Store.FindSessionAsync(Key("old"), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, touched, None)).ShouldNotBeNull();
        (await Store.FindTurnAsync(TenantId.Local, running, None)).ShouldNotBeNull("it has not ended");
    }

    [StoreFact]
    public async Task Turns_are_forgotten_by_size_those_idle_longest_first()
    {
        const int Turns = 400;
        const int Each = 20_000;
        var turns = Enumerable.Range(0, Turns).Select(_ => TurnId.New()).ToList();
        foreach (var (number, turn) in turns.Index())
        {
            await AcceptAsync(turn, session: $"s{number}");
            await Store.EndAsync(Progress(turn, Events(2, new string('x', Each)), Noon.AddSeconds(number), $"s{number}"), Completed(3), None);
        }

        var forgotten = await Store.PruneAsync(new Retention { Bytes = Turns * Each / 2 }, Noon.AddHours(1), None);

        forgotten.ShouldBeInRange(Turns / 2, Turns - 50);
        (await Store.FindTurnAsync(TenantId.Local, turns[0], None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, turns[^1], None)).ShouldNotBeNull();
        (await TextsAsync(turns[^1])).Length.ShouldBe(Each + 2);
    }

    [StoreFact]
    public async Task Calls_take_effect_in_the_order_in_which_they_were_made()
    {
        var turn = TurnId.New();
        var accepted = AcceptAsync(turn).AsTask();
        var appended = Store.AppendAsync(Progress(turn, Events(2, "a")), None).AsTask();
        var ended = Store.EndAsync(Progress(turn), Completed(3), None).AsTask();
        var forgotten = Store.ForgetAsync(Key(), None).AsTask();
        var again = AcceptAsync(TurnId.New()).AsTask();
        await Task.WhenAll(accepted, appended, ended, forgotten, again);
        (await ended).ShouldBeTrue();
        (await forgotten).ShouldBeTrue();
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull().Turns.ShouldHaveSingleItem();
    }

    protected async Task ReopenAsync()
    {
        await CloseAsync(Store);
        Store = await OpenAsync();
    }

    protected ValueTask<Acceptance> AcceptAsync(
        TurnId turn,
        string session = "s1",
        string? key = null,
        string? user = null,
        DateTimeOffset? at = null,
        TurnState state = TurnState.Running,
        long epoch = 1,
        bool first = false,
        string text = "hello") =>
        Store.AcceptAsync(Accepted(turn, session, key, user, at, state, epoch, first, text), None);

    protected async Task<(long Epoch, SessionHolder Holder, bool IsUnfinished)> HoldingAsync(string session = "s1")
    {
        var found = (await Store.FindSessionAsync(Key(session), 0, None)).ShouldNotBeNull();
        return (found.Epoch, found.Holder, found.IsUnfinished);
    }

    protected async Task<string> TextsAsync(TurnId turn, long after = 0) => Texts(await Store.ReadEventsAsync(turn, after, None));
}
