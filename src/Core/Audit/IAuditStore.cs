using Sluice.Core.Storage;

namespace Sluice.Core.Audit;

/// <summary>
/// Where records are kept, to which they are only ever added, and from which the oldest go when there are more than are kept. Every method throws
/// <see cref="StorageUnavailableException"/> when it cannot be used. One caller at a time.
/// </summary>
public interface IAuditStore : IAsyncDisposable
{
    /// <summary>Where this process's chain goes on.</summary>
    ValueTask<AuditHead> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Adds records behind the chain's head. The very same again after a failure is added once.</summary>
    /// <returns>False: the chain was removed, all of it, and nothing is added to it any more. To be opened again.</returns>
    ValueTask<bool> AppendAsync(AuditBatch batch, CancellationToken cancellationToken);

    /// <summary>Records that have to go; null: there are not more than are kept.</summary>
    ValueTask<AuditHead?> FindExcessAsync(CancellationToken cancellationToken);

    /// <summary>Removes records of a chain up to one that <see cref="FindExcessAsync"/> has told, that one included.</summary>
    ValueTask RemoveAsync(AuditHead upTo, CancellationToken cancellationToken);
}

/// <summary>Records that are added together.</summary>
/// <param name="First">Number of the first.</param>
/// <param name="At">Time of the last.</param>
/// <param name="Lines">The records, each without a line's end.</param>
public sealed record AuditBatch(long First, DateTimeOffset At, IReadOnlyList<ReadOnlyMemory<byte>> Lines);
