using System.Collections.Concurrent;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.PostgresKit;
using Sluice.Storage.Postgres;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>Three processes do anything they may with thirty sessions at once: no transaction waits for another in a circle, and what is kept makes sense.</summary>
public sealed class OrderTests : PostgresTest
{
    private const int Sessions = 30;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    private readonly RecordingStorageObserver _observer = new();
    private readonly ConcurrentDictionary<TurnId, int> _ends = new();
    private int _taken;
    private int _operations;

    [PostgresFact]
    public async Task Nobody_waits_in_a_circle_and_every_turn_has_one_end()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Database.OpenAsync(_observer, lanes: 3)));
        using var over = new CancellationTokenSource(Duration);
        await Task.WhenAll(
            from store in stores
            from session in Enumerable.Range(0, Sessions)
            select Task.Run(() => UseAsync(store, $"s{session}", new Random(session), over.Token), CancellationToken.None));

        _observer.Said.ShouldBeEmpty();
        _operations.ShouldBeGreaterThan(500);
        _taken.ShouldBeGreaterThan(10);
        _ends.Values.ShouldAllBe(ends => ends == 1);
        (await CountDeadlocksAsync()).ShouldBe(0);

        // Whoever holds a session has turns to end in it, under its epoch; whoever has none to end holds nothing.
        (await Database.ScalarAsync<long>(
            """
            select count(*) from sessions s
            where (s.holder is not null) <> exists (select 1 from turns t where t.session = s.number and t.ended is null and t.epoch = s.epoch)
                or exists (select 1 from turns t where t.session = s.number and t.ended is null and t.epoch is distinct from case when s.holder is not null then s.epoch end)
            """)).ShouldBe(0);
        (await Database.ScalarAsync<long>("select count(*) from turns where (ended is null) <> (request is not null)")).ShouldBe(0);
    }

    [PostgresFact]
    public async Task A_batch_and_an_end_in_one_transaction_are_not_in_the_way_of_one_that_forgets_the_session()
    {
        var (store, other) = (await Database.OpenAsync(_observer, lanes: 1), await Database.OpenAsync(_observer));
        var (turn, first) = (await BeginAsync(store), await BeginAsync(store, "s0"));
        await Database.SlowEventsAsync();

        // While the first is under way, the other two wait for the lane, to go out together.
        var appendingFirst = store.AppendAsync(Progress(first, Events(2, "a"), session: "s0"), CancellationToken.None).AsTask();
        await UntilAsync(Database.IsKeepingEventsAsync);
        var appending = store.AppendAsync(Progress(turn, Events(2, "a")), CancellationToken.None).AsTask();
        var ending = store.EndAsync(Progress(turn), Completed(3), CancellationToken.None).AsTask();
        await appendingFirst;
        await UntilAsync(Database.IsKeepingEventsAsync);
        var forgetting = other.ForgetAsync(Key(), CancellationToken.None).AsTask();
        await Task.WhenAll(appending, ending, forgetting);

        (await ending).ShouldBeTrue();
        (await forgetting).ShouldBeTrue();
        (await CountDeadlocksAsync()).ShouldBe(0);
    }

    private Task<long> CountDeadlocksAsync() => Database.ScalarAsync<long>("select deadlocks from pg_stat_database where datname = current_database()");

    private async Task UseAsync(PostgresSessionStore store, string session, Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            var found = await store.FindSessionAsync(Key(session), 0, CancellationToken.None);
            var epoch = found?.Epoch ?? 0;
            if (found is { IsUnfinished: true, Holder: not SessionHolder.Another })
            {
                if (await store.TakeAsync(Key(session), epoch, CancellationToken.None) is { } taken)
                {
                    Interlocked.Increment(ref _taken);
                    await GoOnAsync(store, session, taken.Session.Epoch, [.. taken.Unfinished.Select(turn => turn.Turn.Turn)], random);
                }
            }
            else if (found is null or { IsUnfinished: false })
            {
                var turn = TurnId.New();
                if (await store.AcceptAsync(Accepted(turn, session, epoch: epoch + 1), CancellationToken.None) == Acceptance.Accepted)
                {
                    await GoOnAsync(store, session, epoch + 1, [turn], random);
                }
            }
            else if (random.Next(200) == 0)
            {
                await store.PruneAsync(new Retention { Bytes = 10_000 }, Noon, CancellationToken.None);
            }

            Interlocked.Increment(ref _operations);
        }
    }

    private async Task GoOnAsync(PostgresSessionStore store, string session, long epoch, List<TurnId> turns, Random random)
    {
        for (var steps = random.Next(1, 8); steps > 0 && turns.Count > 0; steps--)
        {
            // Several for the same session at once, which go into one transaction with those of others.
            var turn = turns[0];
            switch (random.Next(6))
            {
                case 0:
                    var waiting = TurnId.New();
                    if (await store.AcceptAsync(Accepted(waiting, session, epoch: epoch, state: TurnState.Queued), CancellationToken.None) == Acceptance.Accepted)
                    {
                        turns.Add(waiting);
                    }

                    break;
                case 1:
                    await store.ForgetAsync(Key(session), CancellationToken.None);
                    return;
                case 2:
                    await store.ReleaseAsync(Key(session), epoch, CancellationToken.None);
                    return;
                default:
                    var appending = store.AppendAsync(Progress(turn, Events(2, "a"), session: session, epoch: epoch), CancellationToken.None).AsTask();
                    var starting = store.StartAsync(Held(turns[^1], session, epoch), Noon, CancellationToken.None).AsTask();
                    var ending = store.EndAsync(Progress(turn, Events(3, "b"), session: session, epoch: epoch), Completed(4), CancellationToken.None).AsTask();
                    await Task.WhenAll(appending, starting, ending);
                    if (await ending)
                    {
                        _ends.AddOrUpdate(turn, 1, (_, ends) => ends + 1);
                    }

                    turns.RemoveAt(0);
                    break;
            }
        }

        // What is left is still held: it is for itself to take again.
        await store.ReleaseAsync(Key(session), epoch, CancellationToken.None);
    }
}
