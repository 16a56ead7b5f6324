using Sluice.Core.Storage;

namespace Sluice.Core.Keys;

/// <summary>Where API keys are kept, for any number of processes. Every method throws <see cref="StorageUnavailableException"/> when it cannot be used.</summary>
public interface IKeyStore
{
    /// <summary>Most keys, the dead ones included that are still told of. At the bound no more can be made.</summary>
    const int Most = 10_000;

    /// <summary>How long a key that has expired or was revoked is told of, before it is forgotten to make room.</summary>
    static readonly TimeSpan RememberedFor = TimeSpan.FromDays(90);

    /// <summary>All keys, the newest last.</summary>
    /// <param name="unless">Number of the last change that is known already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: nothing has changed since.</returns>
    ValueTask<StoredKeys?> ReadAsync(long? unless, CancellationToken cancellationToken);

    /// <returns>False: there are as many as may be.</returns>
    ValueTask<bool> AddAsync(ApiKey key, CancellationToken cancellationToken);

    /// <returns>The key as it is now, revoked then or before; null: there is none of that name.</returns>
    ValueTask<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>All keys of a store.</summary>
/// <param name="Change">Number of the change that was the last.</param>
/// <param name="Keys">The keys, the newest last.</param>
public sealed record StoredKeys(long Change, IReadOnlyList<ApiKey> Keys);
