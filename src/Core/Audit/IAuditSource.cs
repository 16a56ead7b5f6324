using Sluice.Core.Storage;

namespace Sluice.Core.Audit;

/// <summary>All records of all chains, for whoever wants to know whether they are unbroken.</summary>
public interface IAuditSource
{
    /// <summary>Chain by chain, in the order of their numbers.</summary>
    /// <exception cref="StorageUnavailableException">They cannot be read.</exception>
    IAsyncEnumerable<StoredRecord> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>A record as it was found.</summary>
/// <param name="Chain">The chain in which it was found.</param>
/// <param name="Place">Where, for a person.</param>
/// <param name="Line">Its bytes.</param>
public readonly record struct StoredRecord(string Chain, string Place, ReadOnlyMemory<byte> Line);
