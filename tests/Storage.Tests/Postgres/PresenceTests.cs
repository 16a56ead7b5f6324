using Npgsql;
using Sluice.Core.Storage;
using Sluice.PostgresKit;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>A process that is not seen loses what it holds to one that is, and knows it before it does anything.</summary>
public sealed class PresenceTests : PostgresTest
{
    // A machine that is busy may stand still for a second, and nobody is to be missed for that here.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private readonly RecordingStorageObserver _observer = new();

    [PostgresFact]
    public async Task One_that_falls_silent_is_taken_over_and_writes_no_more()
    {
        await using var proxy = NewProxy();
        await using var silent = await Database.OpenAsync(_observer, Lease, Through(proxy));
        await using var other = await Database.OpenAsync(lease: Lease);
        var turn = await BeginAsync(silent);
        silent.IsHolding.ShouldBeTrue();

        proxy.Freeze();
        await UntilAsync(() => !silent.IsHolding);
        await UntilAsync(async () => await other.FindAbandonedAsync(10, None) is [_]);
        silent.IsHolding.ShouldBeFalse();
        var taken = (await other.TakeAsync(Key(), 1, None)).ShouldNotBeNull();
        taken.IsHandedOver.ShouldBeFalse();
        var late = silent.AppendAsync(Progress(turn, Events(2, "late")), None).AsTask();
        proxy.Thaw();

        // Its answer was never to come, or says that nothing was kept.
        (await late.ContinueWith(write => write.IsCompletedSuccessfully && write.Result, TaskScheduler.Default)).ShouldBeFalse();
        await UntilAsync(() => silent.IsHolding);
        (await silent.AppendAsync(Progress(turn, Events(2, "late")), None)).ShouldBeFalse();
        (await silent.EndAsync(Progress(turn), Completed(2), None)).ShouldBeFalse();
        (await silent.FindSessionAsync(Key(), 0, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.Another);
        (await other.AppendAsync(Progress(turn, Events(2, "mine"), epoch: 2), None)).ShouldBeTrue();
        await BeginAsync(silent, "s2");
        await UntilAsync(() => _observer.Said is [_, "recovered"]);
    }

    [PostgresFact]
    public async Task One_knows_that_it_is_not_seen_before_the_others_do()
    {
        await using var proxy = NewProxy();
        await using var silent = await Database.OpenAsync(lease: Lease, through: Through(proxy));
        await using var other = await Database.OpenAsync(lease: Lease);
        await BeginAsync(silent);
        for (var round = 0; round < 3; round++)
        {
            proxy.Freeze();
            await UntilAsync(async () =>
            {
                var believes = silent.IsHolding;
                var isThere = await other.FindAbandonedAsync(10, None) is [];
                (believes && !isThere).ShouldBeFalse("it believes to hold what others may take");
                return !isThere;
            });
            proxy.Thaw();
            await UntilAsync(() => silent.IsHolding);
        }
    }

    [PostgresFact]
    public async Task One_whose_connection_is_ended_comes_back_as_the_same_and_keeps_what_it_held()
    {
        await using var store = await Database.OpenAsync(_observer, Lease);
        await using var other = await Database.OpenAsync(lease: Lease);
        var (number, turn) = (store.Number, await BeginAsync(store));

        await EndPresenceAsync(store);
        await UntilAsync(() => _observer.Said.Contains("recovered"));

        store.Number.ShouldBe(number);
        store.IsHolding.ShouldBeTrue();
        _observer.Said.ShouldBe(["Unreachable", "recovered"]);
        (await other.FindSessionAsync(Key(), 0, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.Another);
        (await store.AppendAsync(Progress(turn, Events(2, "a")), None)).ShouldBeTrue();
        (await store.EndAsync(Progress(turn), Completed(3), None)).ShouldBeTrue();
    }

    [PostgresFact]
    public async Task One_that_was_cut_off_ends_its_earlier_connection_when_it_is_back()
    {
        await using var store = await Database.OpenAsync(_observer, TimeSpan.FromMinutes(1));
        await BeginAsync(store);

        // A connection that the server takes for alive, and that has the lock when the process comes back.
        await using var earlier = await Database.ConnectAsync();
        await using var command = new NpgsqlCommand(
            $"""
            select pg_terminate_backend(l.pid) from pg_locks l, installation i
            where l.locktype = 'advisory' and l.objsubid = 2 and l.classid::bigint = i.number and l.objid::bigint = {store.Number};
            select pg_advisory_lock(number, {store.Number}) from installation
            """,
            earlier);
        await command.ExecuteNonQueryAsync();

        await UntilAsync(() => _observer.Said.Contains("recovered"));
        store.IsHolding.ShouldBeTrue();
        (await Database.CountThereAsync(store.Number)).ShouldBe(1);
        await Should.ThrowAsync<NpgsqlException>(() => command.ExecuteNonQueryAsync());
    }

    [PostgresFact]
    public async Task One_that_is_quiet_but_there_is_seen_for_longer_than_its_lease()
    {
        await using var store = await Database.OpenAsync(_observer, Lease);
        await using var other = await Database.OpenAsync(lease: Lease);
        await BeginAsync(store);
        for (var begun = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begun) < Lease * 2; await Task.Delay(20))
        {
            (await other.FindAbandonedAsync(10, None)).ShouldBeEmpty();
        }

        store.IsHolding.ShouldBeTrue();
        _observer.Said.ShouldBeEmpty();
    }
}
