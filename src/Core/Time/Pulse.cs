namespace Sluice.Core.Time;

/// <summary>Something with deadlines that a <see cref="Pulse"/> looks after.</summary>
public abstract class Pulsed
{
    internal Pulsed? Previous;
    internal Pulsed? Next;
    internal bool Linked;

    /// <summary>
    /// Called once a period while added, and possibly once after removal. Must not block.
    /// </summary>
    /// <param name="now">Timestamp of the pulse's time provider.</param>
    protected internal abstract void OnPulse(long now);
}

/// <summary>
/// One coarse timer for everything that waits in seconds: heartbeats, idle and total timeouts, grace periods. Thousands of live streams cost one timer and a
/// walk, not thousands of timers; deadlines are late by up to one period.
/// </summary>
public sealed class Pulse : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private Pulsed? _first;
    private int _count;
    private Pulsed[] _walk = [];
    private bool _walking;

    public Pulse(TimeProvider time)
    {
        Time = time;
        _timer = time.CreateTimer(static pulse => ((Pulse)pulse!).Beat(), this, Period, Period);
    }

    /// <summary>How late a deadline may be noticed.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromMilliseconds(100);

    public TimeProvider Time { get; }

    /// <summary>How many are looked after now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>The timestamp <paramref name="delay"/> from now; never, for an infinite one.</summary>
    public long After(TimeSpan delay) =>
        delay == Timeout.InfiniteTimeSpan ? long.MaxValue : Time.GetTimestamp() + (long)(delay.TotalSeconds * Time.TimestampFrequency);

    public void Add(Pulsed item)
    {
        lock (_gate)
        {
            if (item.Linked)
            {
                return;
            }

            item.Linked = true;
            item.Next = _first;
            if (_first is not null)
            {
                _first.Previous = item;
            }

            _first = item;
            _count++;
        }
    }

    public void Remove(Pulsed item)
    {
        lock (_gate)
        {
            if (!item.Linked)
            {
                return;
            }

            if (item.Previous is null)
            {
                _first = item.Next;
            }
            else
            {
                item.Previous.Next = item.Next;
            }

            if (item.Next is not null)
            {
                item.Next.Previous = item.Previous;
            }

            item.Previous = item.Next = null;
            item.Linked = false;
            _count--;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Beat()
    {
        int count;
        lock (_gate)
        {
            // A walk that takes longer than a period is not overtaken by the next.
            if (_walking)
            {
                return;
            }

            _walking = true;
            count = _count;
            if (_walk.Length < count)
            {
                _walk = new Pulsed[Math.Max(count, _walk.Length * 2)];
            }

            var at = 0;
            for (var item = _first; item is not null; item = item.Next)
            {
                _walk[at++] = item;
            }
        }

        var now = Time.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            _walk[i].OnPulse(now);
        }

        Array.Clear(_walk, 0, count);
        lock (_gate)
        {
            _walking = false;
        }
    }
}
