using Npgsql;
using Sluice.Core.Audit;
using Sluice.Core.Keys;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>What a PostgreSQL database holds of who may call and who did. Apart from the sessions, so that a command that runs no turns is no node among the nodes.</summary>
public sealed class PostgresAccess : IAsyncDisposable
{
    private const int AtATime = 2;
    private const int Waiting = 16;

    private readonly Readers _readers;
    private readonly TimeProvider _time;

    private PostgresAccess(Readers readers, TimeProvider time)
    {
        (_readers, _time) = (readers, time);
        Keys = new PostgresKeyStore(readers);
    }

    public IKeyStore Keys { get; }

    /// <summary>The trail of all processes, for one to read.</summary>
    public IAuditSource Audit => new PostgresAudit(_readers, "", 0, _time);

    /// <summary>A chain of this process's own.</summary>
    /// <param name="kind">What kind of process it is, 1 to 16 of a-z.</param>
    /// <param name="bytes">Of all records together. At the bound the oldest go.</param>
    public IAuditStore NewAuditChain(string kind, long bytes) => new PostgresAudit(_readers, kind, bytes, _time);

    /// <summary>Connects, and brings the schema up to date.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be used; the message says why, and never the password.</exception>
    public static async Task<PostgresAccess> OpenAsync(PostgresOptions options, TimeProvider time, CancellationToken cancellationToken = default)
    {
        options = options.ForAccess(AtATime);
        var connections = new Connections(options) { MustSync = true };
        try
        {
            await using var connection = await connections.OpenForUpkeepAsync(cancellationToken);
            await Migrations.ApplyAsync(connection, time.GetUtcNow(), cancellationToken);
            return new PostgresAccess(new Readers(connections.Pool(), AtATime, Waiting), time);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is NpgsqlException or StorageUnavailableException or OperationCanceledException)
        {
            throw new StorageUnavailableException(
                PostgresFaults.Of(e).Fault, $"PostgreSQL at {connections.Place} (ConnectionStrings:Postgres) cannot be used: {PostgresFaults.ReasonOf(e)}", e);
        }
    }

    public ValueTask DisposeAsync() => _readers.DisposeAsync();
}
