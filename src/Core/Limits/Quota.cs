namespace Sluice.Core.Limits;

/// <summary>How what was taken of a quota comes back.</summary>
public enum QuotaKind : byte
{
    /// <summary>Evenly: the whole quota in one window (a token bucket of one window's content).</summary>
    Rate,

    /// <summary>When it is given back.</summary>
    Concurrent,

    /// <summary>All at once when the next window begins, counted from midnight UTC of 1970-01-01; or never.</summary>
    Budget,
}

/// <summary>How much of something one identity may have.</summary>
/// <param name="Name">Of the policy: lower-case letters and hyphens. One of a closed list, for it is a label of metrics and a name on the wire.</param>
/// <param name="Kind">How it comes back.</param>
/// <param name="Limit">The most that is taken at a time, at least 1.</param>
/// <param name="Window">In which it comes back; infinite: never. Without meaning for <see cref="QuotaKind.Concurrent"/>.</param>
/// <param name="Unit">What is counted, in the words of draft-ietf-httpapi-ratelimit-headers where it has one.</param>
public sealed record Quota(string Name, QuotaKind Kind, long Limit, TimeSpan Window, string Unit)
{
    public bool NeverComesBack => Kind == QuotaKind.Budget && Window == Timeout.InfiniteTimeSpan;

    /// <summary>Beginning of the window in which <paramref name="at"/> lies.</summary>
    public DateTimeOffset WindowOf(DateTimeOffset at) => Kind != QuotaKind.Budget || NeverComesBack
        ? DateTimeOffset.MinValue
        : at - TimeSpan.FromTicks((at - DateTimeOffset.UnixEpoch).Ticks % Window.Ticks);
}
