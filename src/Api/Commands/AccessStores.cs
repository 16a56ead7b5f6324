using Sluice.Api.Configuration;
using Sluice.Api.Hosting;
using Sluice.Core.Audit;
using Sluice.Core.Keys;
using Sluice.Storage.Files;
using Sluice.Storage.Postgres;
using Sluice.Storage.Sqlite;

namespace Sluice.Api.Commands;

/// <summary>The keys and the audit trail of the gateway that a configuration describes, which may be running. Both null: that gateway stores nothing.</summary>
internal sealed class AccessStores : IAsyncDisposable
{
    private const string Chain = "commands";

    private readonly PostgresAccess? _postgres;

    private AccessStores(PostgresAccess? postgres) => _postgres = postgres;

    public IKeyStore? Keys { get; private init; }

    public IAuditSource? Trail { get; private init; }

    /// <summary>A chain for what commands change.</summary>
    public IAuditStore? Changes { get; private init; }

    public static async Task<AccessStores> OpenAsync(GatewayOptions options, IHostEnvironment environment, CancellationToken cancellationToken)
    {
        if (options.Replicas.Host == HostKind.Replicas)
        {
            var database = new PostgresOptions { ConnectionString = options.Replicas.ConnectionString! };
            var postgres = await PostgresAccess.OpenAsync(database, TimeProvider.System, cancellationToken);
            return new AccessStores(postgres) { Keys = postgres.Keys, Trail = postgres.Audit, Changes = postgres.NewAuditChain(Chain, options.Audit.Bytes) };
        }

        if (StorageServices.DirectoryOf(options.Storage, environment) is not { } said)
        {
            return new AccessStores(postgres: null);
        }

        var directory = DataDirectory.Make(said);
        var files = new AuditFiles(DataDirectory.AuditIn(directory), Chain, options.Audit.Bytes);
        return new AccessStores(postgres: null) { Keys = SqliteKeyStore.Open(DataDirectory.KeysIn(directory), TimeProvider.System), Trail = files, Changes = files };
    }

    /// <summary>Records a change, before it is made.</summary>
    public async Task RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        var head = await Changes!.OpenAsync(cancellationToken);
        var line = new System.Buffers.ArrayBufferWriter<byte>(512);
        AuditRecord.Write(entry, head, line);
        await Changes.AppendAsync(new AuditBatch(head.Sequence + 1, entry.At, [line.WrittenMemory]), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (Changes is not null)
        {
            await Changes.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }
}
