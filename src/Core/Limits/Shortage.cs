namespace Sluice.Core.Limits;

/// <summary>Why something may not be had now.</summary>
/// <param name="Quota">Which quota does not have it.</param>
/// <param name="RetryAfter">When it will, if nobody else takes it; null: nobody knows, or never.</param>
public sealed record Shortage(Quota Quota, TimeSpan? RetryAfter)
{
    /// <summary>It is not known whether the quota has it: what is shared cannot be asked.</summary>
    public bool IsUnknown { get; init; }
}

/// <summary>How an identity stands with a quota.</summary>
/// <param name="Quota">Which.</param>
/// <param name="Left">What is left of it, as far as this process knows.</param>
/// <param name="Reset">When it will be whole again if nothing more is taken; null: nobody knows, or never.</param>
public readonly record struct Standing(Quota Quota, long Left, TimeSpan? Reset);
