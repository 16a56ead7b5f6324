using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.PostgresKit;
using Sluice.Storage.Sqlite;
using Sluice.Storage.Tests.Postgres;
using Sluice.Storage.Tests.Sqlite;

namespace Sluice.Storage.Tests.Killed;

public sealed class KillTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(3)]
    [InlineData(200)]
    [InlineData(1500)]
    public async Task Writer_killed_in_the_middle_of_it_leaves_a_whole_file_with_everything_it_acknowledged(int lines)
    {
        using var directory = new TemporaryDirectory();
        var said = await WriteAndKillAsync(["sqlite", directory.File], lines);

        await using var store = SqliteSessionStore.Open(new SqliteOptions { Path = directory.File }, TimeProvider.System);
        Check(directory.File).ShouldBe("ok");
        await ShouldHaveAllAsync(store, said);
    }

    [PostgresTheory]
    [InlineData(3)]
    [InlineData(200)]
    [InlineData(1500)]
    public async Task Writer_killed_in_the_middle_of_it_leaves_everything_it_acknowledged_to_be_taken_over(int lines)
    {
        await using var database = await TestDatabase.CreateAsync();
        var said = await WriteAndKillAsync(["postgres", database.ConnectionString], lines);

        var store = await database.OpenAsync();
        await ShouldHaveAllAsync(store, said);
        foreach (var session in await AllAbandonedAsync(database, store))
        {
            var found = (await store.FindSessionAsync(session, 0, None)).ShouldNotBeNull();
            var taken = (await store.TakeAsync(session, found.Epoch, None)).ShouldNotBeNull();
            var turn = taken.Unfinished.ShouldHaveSingleItem();
            turn.Request.ShouldNotBeNull();
            turn.Events.Select(batch => batch.First).ShouldBe(Enumerable.Range(2, turn.Events.Count).Select(sequence => (long)sequence));
        }

        // A batch is there with its turn or not at all.
        (await database.ScalarAsync<long>("select count(*) from turns where ended is not null and last_sequence <> (select count(*) + 2 from events e where e.turn = turns.turn)"))
            .ShouldBe(0);
    }

    private static async Task<IReadOnlyList<SessionKey>> AllAbandonedAsync(TestDatabase database, ISessionStore store)
    {
        // The server may still be at what it was sent last.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (await database.CountThereAsync() > 1)
        {
            await Task.Delay(20, limit.Token);
        }

        return await store.FindAbandonedAsync(1000, None);
    }

    private static async Task ShouldHaveAllAsync(ISessionStore store, List<string> said)
    {
        foreach (var line in said)
        {
            TurnId.TryParse(line.Split(' ')[1], out var id).ShouldBeTrue(line);
            var turn = (await store.FindTurnAsync(TenantId.Local, id, None)).ShouldNotBeNull(line);
            if (line.StartsWith("ended", StringComparison.Ordinal))
            {
                turn.State.ShouldBe(TurnState.Completed);
                var batches = await store.ReadEventsAsync(id, 0, None);
                batches.Select(batch => batch.First).ShouldBe(Enumerable.Range(2, KilledWriter.Deltas - 1).Select(sequence => (long)sequence));
            }
        }
    }

    private static async Task<List<string>> WriteAndKillAsync(string[] arguments, int lines)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(KilledWriter).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var writer = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var said = new List<string>();
        try
        {
            while (said.Count < lines)
            {
                said.Add((await writer.StandardOutput.ReadLineAsync(limit.Token)).ShouldNotBeNull());
            }
        }
        finally
        {
            writer.Kill();
        }

        // What it had said by then, whether or not it had been read.
        while (await writer.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            said.Add(line);
        }

        await writer.WaitForExitAsync(limit.Token);
        return said;
    }

    private static string? Check(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "pragma integrity_check";
        return (string?)command.ExecuteScalar();
    }
}
