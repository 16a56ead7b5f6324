namespace Sluice.Core.Limits;

/// <summary>One identity's part of one quota. Thread-safe.</summary>
internal interface IBucket
{
    Quota Quota { get; }

    /// <summary>How many have it in hand and will still take or give. More only under the lock of the <see cref="Buckets"/> it is in, if it is in any; fewer at any time.</summary>
    ref int Pins { get; }

    /// <summary>Takes it or says why not. Completes at once when nobody has to be asked.</summary>
    ValueTask<Shortage?> TakeAsync(long amount, CancellationToken cancellationToken);

    /// <summary>Takes more for one that is under way and cannot wait.</summary>
    bool TryTakeMore(long amount);

    /// <summary>Takes what has been spent already, whether it is there or not.</summary>
    void Charge(long amount);

    /// <summary>Gives back what was taken at <paramref name="takenAt"/>. What would have come back by itself since then is not given twice.</summary>
    void Give(long amount, DateTimeOffset takenAt);

    Standing Stand();

    /// <summary>It is as if it had never been used.</summary>
    bool IsUntouched();
}
