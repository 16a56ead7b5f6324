namespace Sluice.Core.Limits;

/// <summary>The whole of it is here: exact.</summary>
internal sealed class LocalBucket(Quota quota, TimeProvider time, long takenBefore = 0) : IBucket
{
    private readonly Lock _gate = new();
    private int _pins;
    private Level _level = takenBefore == 0 ? Level.Untouched : new Level(takenBefore, time.GetUtcNow());

    public Quota Quota => quota;

    public ref int Pins => ref _pins;

    public ValueTask<Shortage?> TakeAsync(long amount, CancellationToken cancellationToken) => new(Take(amount));

    public Shortage? Take(long amount)
    {
        lock (_gate)
        {
            return _level.TryTake(quota, amount, time.GetUtcNow(), out _level, out var wait) ? null : new Shortage(quota, wait);
        }
    }

    public bool TryTakeMore(long amount) => Take(amount) is null;

    public void Charge(long amount)
    {
        lock (_gate)
        {
            _level = _level.Charge(quota, amount, time.GetUtcNow());
        }
    }

    public void Give(long amount, DateTimeOffset takenAt)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (quota.WindowOf(takenAt) == quota.WindowOf(now))
            {
                _level = _level.Charge(quota, -amount, now);
            }
        }
    }

    public Standing Stand()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var taken = _level.TakenAt(quota, now);
            return new Standing(quota, _level.LeftAt(quota, now), taken == 0 ? TimeSpan.Zero : Level.WaitFor(quota, taken, now));
        }
    }

    public bool IsUntouched()
    {
        lock (_gate)
        {
            return _level.TakenAt(quota, time.GetUtcNow()) == 0;
        }
    }
}
