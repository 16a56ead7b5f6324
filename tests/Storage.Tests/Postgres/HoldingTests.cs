using Sluice.Core.Callers;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.PostgresKit;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>Two and more processes on one database: a session is held by one of them.</summary>
public sealed class HoldingTests : PostgresTest
{
    [PostgresFact]
    public async Task What_one_holds_no_other_takes_or_adds_to()
    {
        await using var one = await Database.OpenAsync();
        await using var other = await Database.OpenAsync();
        one.Number.ShouldNotBe(other.Number);
        var turn = await BeginAsync(one);

        var seen = (await other.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        (seen.Epoch, seen.Holder, seen.IsUnfinished).ShouldBe((1, SessionHolder.Another, true));
        seen.Turns.ShouldHaveSingleItem().Holder.ShouldBe(SessionHolder.Another);
        (await other.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.Another);
        (await one.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.This);
        (await other.FindAbandonedAsync(10, None)).ShouldBeEmpty();
        (await other.TakeAsync(Key(), 1, None)).ShouldBeNull();
        (await other.AcceptAsync(Accepted(TurnId.New(), epoch: 1), None)).ShouldBe(Acceptance.NotHeld);
        (await other.AcceptAsync(Accepted(TurnId.New(), epoch: 2), None)).ShouldBe(Acceptance.NotHeld);
        await other.ReleaseAsync(Key(), 1, None);
        (await one.AppendAsync(Progress(turn, Events(2, "a")), None)).ShouldBeTrue();
        (await one.EndAsync(Progress(turn), Completed(3), None)).ShouldBeTrue();
        (await other.AcceptAsync(Accepted(TurnId.New(), epoch: 2), None)).ShouldBe(Acceptance.Accepted, "nobody holds it now");
    }

    [PostgresFact]
    public async Task What_one_left_behind_another_takes_over()
    {
        var one = await Database.OpenAsync();
        await using var other = await Database.OpenAsync();
        var turn = await BeginAsync(one);
        await one.AppendAsync(Progress(turn, Events(2, "a", "b")), None);
        await Database.CloseAsync(one);

        await UntilAsync(async () => await other.FindAbandonedAsync(10, None) is [_]);
        (await other.FindSessionAsync(Key(), 0, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.Nobody);
        (await other.AcceptAsync(Accepted(TurnId.New(), epoch: 2), None)).ShouldBe(Acceptance.NotHeld, "its turn is to be taken over first");
        var taken = (await other.TakeAsync(Key(), 1, None)).ShouldNotBeNull();
        taken.IsHandedOver.ShouldBeFalse();
        taken.Unfinished.ShouldHaveSingleItem().Request.ShouldNotBeNull();
        Texts(taken.Unfinished[0].Events).ShouldBe("2:a 3:b");
        (await other.AppendAsync(Progress(turn, Events(4, "c"), epoch: 2), None)).ShouldBeTrue();
    }

    [PostgresFact]
    public async Task What_one_released_another_takes_and_the_first_writes_no_more()
    {
        await using var one = await Database.OpenAsync();
        await using var other = await Database.OpenAsync();
        var turn = await BeginAsync(one);
        await one.ReleaseAsync(Key(), 1, None);
        (await other.FindAbandonedAsync(10, None)).ShouldBe([Key()]);
        (await other.TakeAsync(Key(), 1, None)).ShouldNotBeNull().IsHandedOver.ShouldBeTrue();
        (await one.TakeAsync(Key(), 1, None)).ShouldBeNull();
        (await one.TakeAsync(Key(), 2, None)).ShouldBeNull();
        (await one.AppendAsync(Progress(turn, Events(2, "late")), None)).ShouldBeFalse();
        (await one.EndAsync(Progress(turn), Completed(2), None)).ShouldBeFalse();
        (await other.EndAsync(Progress(turn, epoch: 2), Completed(2), None)).ShouldBeTrue();
    }

    [PostgresFact]
    public async Task One_that_has_not_seen_what_was_said_since_is_told()
    {
        await using var one = await Database.OpenAsync();
        await using var other = await Database.OpenAsync();

        // Both found nothing, and begin with the same epoch; the other one's turn has ended before the first asks.
        var turn = await BeginAsync(other);
        await other.EndAsync(Progress(turn), Completed(2), None);
        (await one.AcceptAsync(Accepted(TurnId.New(), epoch: 1), None)).ShouldBe(Acceptance.NotHeld);
        (await one.AcceptAsync(Accepted(TurnId.New(), epoch: 2), None)).ShouldBe(Acceptance.Accepted);
    }

    [PostgresFact]
    public async Task Of_many_that_begin_or_take_a_session_at_once_one_does()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Database.OpenAsync()));
        for (var round = 0; round < 20; round++)
        {
            var session = $"s{round}";
            var began = await Task.WhenAll(stores.Select(store => store.AcceptAsync(Accepted(TurnId.New(), session), None).AsTask()));
            began.Count(outcome => outcome == Acceptance.Accepted).ShouldBe(1);
            began.Count(outcome => outcome == Acceptance.NotHeld).ShouldBe(3);
            var holder = stores[Array.IndexOf(began, Acceptance.Accepted)];
            await holder.ReleaseAsync(Key(session), 1, None);
            var took = await Task.WhenAll(stores.Select(store => store.TakeAsync(Key(session), 1, None).AsTask()));
            took.Count(taken => taken is not null).ShouldBe(1);
        }
    }

    [PostgresFact]
    public async Task A_change_of_hands_is_before_or_after_a_batch_never_between()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Database.OpenAsync()));
        var (one, other) = (stores[0], stores[1]);
        for (var round = 0; round < 60; round++)
        {
            var session = $"s{round}";
            var turn = await BeginAsync(one, session);
            var writing = Task.Run(async () =>
            {
                long kept = 1;
                while (await one.AppendAsync(Progress(turn, Events(kept + 1, "x"), session: session), None))
                {
                    kept++;
                }

                return kept;
            });
            await Task.Delay(Random.Shared.Next(0, 5));
            await one.ReleaseAsync(Key(session), 1, None);
            var taken = (await other.TakeAsync(Key(session), 1, None)).ShouldNotBeNull();

            // All that was acknowledged is in the hands of the new one.
            taken.Unfinished.ShouldHaveSingleItem().Turn.LastSequence.ShouldBe(await writing);
        }
    }

    [PostgresFact]
    public async Task A_batch_that_is_being_kept_is_waited_for_by_the_one_who_takes_over()
    {
        var (one, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        var turn = await BeginAsync(one);
        await Database.SlowEventsAsync();
        var appending = one.AppendAsync(Progress(turn, Events(2, "a")), None).AsTask();
        await UntilAsync(Database.IsKeepingEventsAsync);

        // As if its process were gone by now: what it has sent is still at work in the server.
        await Database.ExecuteAsync("update sessions set holder = 0");
        var taken = (await other.TakeAsync(Key(), 1, None)).ShouldNotBeNull();
        (await appending).ShouldBeTrue();
        Texts(taken.Unfinished.ShouldHaveSingleItem().Events).ShouldBe("2:a");
    }

    [PostgresFact]
    public async Task Schemas_in_one_database_know_nothing_of_each_other()
    {
        await Database.ExecuteAsync("create schema a; create schema b");
        await using var one = await Database.OpenAsync(through: $"{Database.ConnectionString};Search Path=a");
        await using var other = await Database.OpenAsync(through: $"{Database.ConnectionString};Search Path=b");
        one.Number.ShouldBe(other.Number, "each counts for itself");
        var turn = await BeginAsync(one);
        (await other.FindTurnAsync(TenantId.Local, turn, None)).ShouldBeNull();
        await BeginAsync(other);
        one.IsHolding.ShouldBeTrue();
        other.IsHolding.ShouldBeTrue();
        (await Database.ScalarAsync<long>("select count(*) from a.turns")).ShouldBe(1);
    }
}
