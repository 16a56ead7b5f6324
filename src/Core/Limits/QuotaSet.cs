namespace Sluice.Core.Limits;

/// <summary>Makes the buckets of quotas: here alone, or in slices of what is shared or has to be kept.</summary>
internal sealed class QuotaSet(LimitSettings settings, TimeProvider time, Slices? slices)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public Buckets? PerMinute(string name, long? limit, string unit, bool isShared = true) => Make(name, QuotaKind.Rate, limit, Minute, unit, isShared);

    public Buckets? Concurrent(string name, long? limit) =>
        Make(name, QuotaKind.Concurrent, limit, Timeout.InfiniteTimeSpan, "concurrent-requests", isShared: true);

    public Buckets? Budget(string name, long? limit, TimeSpan period) => Make(name, QuotaKind.Budget, limit, period, "tokens", isShared: true);

    private Buckets? Make(string name, QuotaKind kind, long? limit, TimeSpan window, string unit, bool isShared)
    {
        if (limit is not { } most)
        {
            return null;
        }

        var quota = new Quota(name, kind, most, window, unit);
        var isLeased = isShared && slices is not null && (slices.AreShared || kind == QuotaKind.Budget);
        return new Buckets(quota, settings.Identities, who => isLeased ? new LeasedBucket(quota, who, slices!, time) : new LocalBucket(quota, time));
    }
}
