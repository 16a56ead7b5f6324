using System.Globalization;
using Npgsql;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>Makes connections, each with the settings of what it is for.</summary>
internal sealed class Connections
{
    private const string Malformed =
        "ConnectionStrings:Postgres is not a connection string that can be read; one looks like Host=db;Username=sluice;Password=...;Database=sluice.";

    private readonly PostgresOptions _options;
    private readonly NpgsqlConnectionStringBuilder _given;

    /// <exception cref="StorageUnavailableException">The connection string cannot be read.</exception>
    public Connections(PostgresOptions options)
    {
        _options = options;
        try
        {
            _given = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            // What it says may quote the string.
            throw new StorageUnavailableException(StorageFault.Unreachable, Malformed);
        }

        if (string.IsNullOrEmpty(_given.Host))
        {
            throw new StorageUnavailableException(StorageFault.Unreachable, Malformed);
        }
    }

    /// <summary>Where it is, for messages.</summary>
    public string Place => $"{_given.Host}:{_given.Port}, database {_given.Database ?? _given.Username}";

    /// <summary>Commits are to be on disk, though the server or the role says otherwise.</summary>
    public bool MustSync { get; set; }

    /// <summary>Reads, each on any connection. Nothing is set on one that would have to be taken back.</summary>
    public NpgsqlDataSource Pool() => NpgsqlDataSource.Create(
        With(_options.StatementTimeout, idleTimeout: null, settings => (settings.Pooling, settings.MinPoolSize, settings.MaxPoolSize, settings.NoResetOnClose) = (true, 0, _options.Readers, true)));

    /// <summary>For one task, which keeps it.</summary>
    public Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => OpenAsync(With(_options.StatementTimeout, idleTimeout: null, Alone), cancellationToken);

    /// <summary>Without a bound for what a statement takes.</summary>
    public Task<NpgsqlConnection> OpenForUpkeepAsync(CancellationToken cancellationToken) => OpenAsync(With(TimeSpan.Zero, idleTimeout: null, Alone), cancellationToken);

    /// <summary>The server ends it when nothing comes for the time of the lease. The process itself waits no longer either.</summary>
    public Task<NpgsqlConnection> OpenLeasedAsync(CancellationToken cancellationToken) => OpenAsync(With(_options.Lease, _options.Lease, Alone), cancellationToken);

    private static void Alone(NpgsqlConnectionStringBuilder settings) => (settings.Pooling, settings.CancellationTimeout) = (false, -1);

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static string Setting(string name, TimeSpan value) => string.Create(CultureInfo.InvariantCulture, $" -c {name}={(long)value.TotalMilliseconds}");

    private string With(TimeSpan statementTimeout, TimeSpan? idleTimeout, Action<NpgsqlConnectionStringBuilder> more)
    {
        var settings = new NpgsqlConnectionStringBuilder(_given.ConnectionString)
        {
            Multiplexing = false,
            Enlist = false,
            Timeout = Math.Min(_given.Timeout, 5),
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            ApplicationName = _given.ApplicationName ?? "sluice",

            // The server's own bound strikes first, and then says of which statement.
            CommandTimeout = statementTimeout == TimeSpan.Zero ? 0 : (int)Math.Ceiling(statementTimeout.TotalSeconds) + 1,
            CancellationTimeout = 500,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 5,
            TcpKeepAliveInterval = 1,
        };
        settings.Options += Setting("statement_timeout", statementTimeout)
            + Setting("lock_timeout", statementTimeout / 2)
            + Setting("idle_session_timeout", idleTimeout ?? TimeSpan.Zero)
            + Setting("tcp_user_timeout", _options.Lease * 2)
            + (MustSync ? " -c synchronous_commit=on" : "");
        more(settings);
        return settings.ConnectionString;
    }
}
