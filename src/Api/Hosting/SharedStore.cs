using Sluice.Api.Configuration;
using Sluice.Core.Storage;
using Sluice.Storage.Postgres;

namespace Sluice.Api.Hosting;

/// <summary>The store that this node shares with others. Opened once, before anything is made that needs it.</summary>
internal sealed class SharedStore(ReplicaOptions options, AuthOptions auth, TimeProvider time, IStorageObserver observer)
{
    private PostgresSessionStore? _store;
    private PostgresAccess? _access;

    public PostgresSessionStore Opened => _store ?? throw new InvalidOperationException("The store has not been opened.");

    /// <summary>Opened where callers have to say who they are.</summary>
    public PostgresAccess Access => _access ?? throw new InvalidOperationException("The store has not been opened.");

    /// <exception cref="StorageUnavailableException">It cannot be used; the message names the setting, and what the server says.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var database = new PostgresOptions { ConnectionString = options.ConnectionString!, Lease = options.Lease };
        _store = await PostgresSessionStore.OpenAsync(database, time, observer, cancellationToken);
        if (auth.IsRequired)
        {
            _access = await PostgresAccess.OpenAsync(database, time, cancellationToken);
        }
    }
}
