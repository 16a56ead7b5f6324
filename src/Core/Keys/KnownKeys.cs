using Sluice.Core.Storage;

namespace Sluice.Core.Keys;

/// <summary>The keys of a store and those of the configuration, as they were known last. Requests ask memory; the store is asked beside them, again and again.</summary>
/// <param name="configured">Keys that do not change while the process runs.</param>
/// <param name="store">Null: there are only those.</param>
/// <param name="time">The clock.</param>
public sealed class KnownKeys(IReadOnlyList<ApiKey> configured, IKeyStore? store, TimeProvider time)
{
    /// <summary>How soon a change of the store is known here.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How long keys are believed of a store that cannot be asked. Then nobody is let in by one of its keys: it may have been revoked.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private long? _change;
    private long _askedAt;
    private KeyRing _ring = new(configured);

    public KeyRing Ring => Volatile.Read(ref _ring);

    /// <summary>The store could not be asked for too long.</summary>
    public bool AreOutdated => store is not null && time.GetElapsedTime(Volatile.Read(ref _askedAt)) > Patience;

    /// <summary>Asks the store for what has changed. One at a time.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be asked; what was known stays.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (store is null)
        {
            return;
        }

        // From before the question: what is changed while it is answered may not be in the answer.
        var asked = time.GetTimestamp();
        if (await store.ReadAsync(_change, cancellationToken) is { } stored)
        {
            Volatile.Write(ref _ring, new KeyRing([.. configured, .. stored.Keys]));
            _change = stored.Change;
        }

        Volatile.Write(ref _askedAt, asked);
    }
}
