using Sluice.Core.Storage;

namespace Sluice.Core.Limits;

/// <summary>What an identity may have where a process does not decide by itself: it leases slices, and spends them without asking.</summary>
public interface IQuotaLeases
{
    /// <summary>Other processes lease of the same. False: this one is alone, and leases only budgets, which have to outlast it.</summary>
    bool AreShared { get; }

    /// <exception cref="StorageUnavailableException">It cannot be asked.</exception>
    ValueTask<Lease> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken);

    /// <summary>Forgets what means nothing any more: levels that are back where they began.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be asked.</exception>
    ValueTask ForgetAsync(CancellationToken cancellationToken);
}

/// <param name="Quota">Which quota.</param>
/// <param name="Who">Whose.</param>
/// <param name="Least">Of use only if there is so much.</param>
/// <param name="Wanted">As much as is wanted. 0: nothing, only something is given back.</param>
/// <param name="Returned">What this process gives back of earlier slices; negative: what it has spent beyond them.</param>
/// <param name="Held">What it keeps of earlier slices: if the process dies that is given back for it.</param>
public readonly record struct LeaseRequest(Quota Quota, Partition Who, long Least, long Wanted, long Returned, long Held);

/// <param name="Granted">0 when there was not the least.</param>
/// <param name="Left">What is left beside all slices that are out.</param>
/// <param name="Wait">When nothing was granted: how long until the least is there; null: nobody knows, or never.</param>
/// <param name="EndsIn">How long what was granted holds; null: until it is spent.</param>
public readonly record struct Lease(long Granted, long Left, TimeSpan? Wait, TimeSpan? EndsIn);
