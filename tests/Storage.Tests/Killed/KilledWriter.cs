using System.Globalization;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.Storage.Postgres;
using Sluice.Storage.Sqlite;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Killed;

/// <summary>A process that writes turns into a store as fast as it can and prints each when it was acknowledged, until it is killed.</summary>
internal static class KilledWriter
{
    public const int Deltas = 5;

    private const int AtATime = 32;

    /// <param name="arguments">The kind of store, <c>sqlite</c> or <c>postgres</c>, and the file or the connection string.</param>
    public static async Task Main(string[] arguments)
    {
        ISessionStore store = arguments[0] == "sqlite"
            ? SqliteSessionStore.Open(new SqliteOptions { Path = arguments[1] }, TimeProvider.System)
            : await PostgresSessionStore.OpenAsync(new PostgresOptions { ConnectionString = arguments[1] }, TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(number => WriteAsync(store, number)));
    }

    private static async Task WriteAsync(ISessionStore store, int number)
    {
        while (true)
        {
            var turn = TurnId.New();
            var held = new HeldTurn(Key($"s{number}"), turn, Epoch: 1);
            var now = DateTimeOffset.UtcNow;
            var accepted = new AcceptedTurn
            {
                Session = Key($"s{number}"),
                Turn = turn,
                State = TurnState.Running,
                At = now,
                UserId = null,
                SessionCreatedAt = now,
                Epoch = 1,
                Request = Request("hello", $"s{number}"),
            };
            await store.AcceptAsync(accepted, CancellationToken.None);
            Say($"accepted {turn}");
            for (var sequence = 2; sequence < Deltas; sequence++)
            {
                await store.AppendAsync(Progress(held, sequence), CancellationToken.None);
            }

            var end = new StoredEnd(new TurnEnd { State = TurnState.Completed, At = now }, Deltas + 1, now);
            await store.EndAsync(Progress(held, Deltas), end, CancellationToken.None);
            Say($"ended {turn}");
        }
    }

    private static TurnProgress Progress(HeldTurn turn, long sequence) => new()
    {
        Turn = turn,
        At = DateTimeOffset.UtcNow,

        // One event of three bytes without text.
        Events = new StoredEvents(sequence, 1, (byte[])[3, 0, .. sequence.ToString("000", CultureInfo.InvariantCulture).Select(digit => (byte)digit)]),
    };

    // One write to the pipe each: a line is there whole or not at all.
    private static void Say(string what)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(what);
        }
    }
}
