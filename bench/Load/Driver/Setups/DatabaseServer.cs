using Npgsql;
using Sluice.PostgresKit;

namespace Sluice.Bench.Driver.Setups;

/// <summary>A throw-away PostgreSQL on the core of the load, with syncs to disk as in production; started when it is first asked for something.</summary>
internal sealed class DatabaseServer : IDisposable
{
    private readonly Lazy<PostgresServer> _server = new(static () => Wait(PostgresServer.StartAsync()));
    private readonly Dictionary<string, string> _latest = new(StringComparer.Ordinal);

    public int? ProcessId => _server.Value.ProcessId;

    /// <summary>The connection string of an empty database, the newest of this name.</summary>
    public string Fresh(string name) => _latest[name] = Wait(_server.Value.CreateDatabaseAsync());

    /// <summary>Bytes of the newest database of this name; 0 when there is none.</summary>
    public long SizeOf(string name)
    {
        if (!_latest.TryGetValue(name, out var connectionString))
        {
            return 0;
        }

        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using var command = new NpgsqlCommand("select pg_database_size(current_database())", connection);
        return (long)command.ExecuteScalar()!;
    }

    public void Dispose()
    {
        if (_server.IsValueCreated)
        {
            Wait(_server.Value.DisposeAsync().AsTask());
        }
    }

    // The bench has one thread of its own, with which its children die, and no context to wait for.
#pragma warning disable VSTHRD002
    private static void Wait(Task task) => task.GetAwaiter().GetResult();

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
}
