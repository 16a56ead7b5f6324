using Npgsql;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.Storage.Postgres;
using static Sluice.Storage.Tests.StoredTurns;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>A test with a database of its own.</summary>
public abstract class PostgresTest : IAsyncLifetime
{
    private protected static readonly CancellationToken None = CancellationToken.None;

    private protected TestDatabase Database { get; private set; } = null!;

    public async Task InitializeAsync() => Database = await TestDatabase.CreateAsync();

    public async Task DisposeAsync() => await Database.DisposeAsync();

    /// <summary>Keeps a running turn.</summary>
    private protected static async Task<TurnId> BeginAsync(ISessionStore store, string session = "s1", long epoch = 1)
    {
        var turn = TurnId.New();
        (await store.AcceptAsync(Accepted(turn, session, epoch: epoch), None)).ShouldBe(Acceptance.Accepted);
        return turn;
    }

    /// <summary>Asks again until it is so; fails after fifteen seconds. For what another process, or the server, does in its own time.</summary>
    private protected static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!await isSo())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private protected static Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    /// <summary>The way to the database through a proxy.</summary>
    private protected string Through(Proxy proxy) =>
        new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;

    private protected Proxy NewProxy() => new(new NpgsqlConnectionStringBuilder(Database.ConnectionString).Port);

    /// <summary>Ends connections of a process, as an operator would.</summary>
    private protected Task EndConnectionsAsync(string where) =>
        Database.ExecuteAsync($"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and {where}");

    /// <summary>Ends the connection that holds a process's lock.</summary>
    private protected Task EndPresenceAsync(PostgresSessionStore store) => EndConnectionsAsync(
        $"pid in (select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and objid::bigint = {store.Number})");
}
