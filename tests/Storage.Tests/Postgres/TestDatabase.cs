using System.Globalization;
using Npgsql;
using Sluice.Core.Storage;
using Sluice.PostgresKit;
using Sluice.Storage.Postgres;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>An empty database of one test, and the stores that it opened there.</summary>
internal sealed class TestDatabase(string connectionString) : IAsyncDisposable
{
    private readonly List<PostgresSessionStore> _opened = [];

    public string ConnectionString => connectionString;

    public static async Task<TestDatabase> CreateAsync() => new(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    /// <summary>Opens a store, as a process of its own would.</summary>
    public async Task<PostgresSessionStore> OpenAsync(
        IStorageObserver? observer = null, TimeSpan? lease = null, string? through = null, int lanes = 2, int waitingWrites = 8192)
    {
        var options = new PostgresOptions
        {
            ConnectionString = through ?? connectionString,
            Lease = lease ?? TimeSpan.FromSeconds(5),
            Lanes = lanes,
            Readers = 4,
            WaitingWrites = waitingWrites,
            StatementTimeout = TimeSpan.FromSeconds(5),
        };
        var store = await PostgresSessionStore.OpenAsync(options, TimeProvider.System, observer);
        lock (_opened)
        {
            _opened.Add(store);
        }

        return store;
    }

    public async Task CloseAsync(PostgresSessionStore store)
    {
        lock (_opened)
        {
            _opened.Remove(store);
        }

        await store.DisposeAsync();
    }

    /// <summary>Asks the database itself.</summary>
    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is var value and not DBNull ? (T?)value : default;
    }

    public async Task ExecuteAsync(string sql) => await ScalarAsync<object>(sql);

    /// <summary>Processes that are there, or how often one of them is.</summary>
    public Task<long> CountThereAsync(int? number = null) => ScalarAsync<long>(
        $"""
        select count(*) from pg_locks
        where locktype = 'advisory' and objsubid = 2 and granted and database = (select oid from pg_database where datname = current_database())
            and objid::bigint = {(number is { } one ? one.ToString(CultureInfo.InvariantCulture) : "objid::bigint")}
        """);

    /// <summary>Keeping events takes half a second from now on.</summary>
    public Task SlowEventsAsync() => ExecuteAsync(
        """
        create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return new; end $$;
        create trigger slow before insert on events for each row execute function slow()
        """);

    public async Task<bool> IsKeepingEventsAsync() =>
        await ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'") > 0;

    public async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }
    }
}
