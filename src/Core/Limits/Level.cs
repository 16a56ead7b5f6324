namespace Sluice.Core.Limits;

/// <summary>What was taken of a quota, as it was at one moment. What it is later is a function of it and the time.</summary>
internal readonly record struct Level(double Taken, DateTimeOffset At)
{
    // Sums of fractions of a token that came back meanwhile.
    private const double Rounding = 1e-6;

    public static Level Untouched { get; } = new(0, DateTimeOffset.MinValue);

    public double TakenAt(Quota quota, DateTimeOffset now) => quota.Kind switch
    {
        // A clock that was set back takes nothing and brings nothing.
        QuotaKind.Rate => Math.Max(0, Taken - (Math.Max(0, (now - At).TotalSeconds) * quota.Limit / quota.Window.TotalSeconds)),
        QuotaKind.Budget when quota.WindowOf(now) > quota.WindowOf(At) => 0,
        _ => Taken,
    };

    /// <param name="quota">What it is a level of.</param>
    /// <param name="amount">At least 0.</param>
    /// <param name="now">The time.</param>
    /// <param name="next">The level afterwards, also when nothing was taken.</param>
    /// <param name="wait">When it was not: how long until there is so much; null: nobody knows, or never.</param>
    public bool TryTake(Quota quota, long amount, DateTimeOffset now, out Level next, out TimeSpan? wait)
    {
        var taken = TakenAt(quota, now);
        var missing = taken + amount - quota.Limit;
        var isThere = missing <= Rounding;
        next = this with { Taken = isThere ? taken + amount : taken, At = Later(now) };
        wait = isThere ? null : WaitFor(quota, missing, now);
        return isThere;
    }

    /// <summary>Takes it whether it is there or not. Negative: gives it back.</summary>
    public Level Charge(Quota quota, long amount, DateTimeOffset now) => new(Math.Max(0, TakenAt(quota, now) + amount), Later(now));

    public long LeftAt(Quota quota, DateTimeOffset now) => Math.Max(0, (long)Math.Floor(quota.Limit - TakenAt(quota, now) + Rounding));

    public static TimeSpan? WaitFor(Quota quota, double missing, DateTimeOffset now) => quota switch
    {
        { Kind: QuotaKind.Rate } => TimeSpan.FromSeconds(missing * quota.Window.TotalSeconds / quota.Limit),
        { Kind: QuotaKind.Budget, NeverComesBack: false } => quota.WindowOf(now) + quota.Window - now,
        _ => null,
    };

    private DateTimeOffset Later(DateTimeOffset now) => now > At ? now : At;
}
