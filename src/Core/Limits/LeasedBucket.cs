using Sluice.Core.Storage;

namespace Sluice.Core.Limits;

/// <summary>
/// A part of what is shared with other processes: a slice at a time, spent here without asking. What was granted to all together is never more than the quota. Beyond that is what
/// turns that are under way take while this process asks for the next slice, which is then owed: as much as a slice again, and no more.
/// </summary>
internal sealed class LeasedBucket : IBucket
{
    /// <summary>The share of a quota that a process leases at a time, unless one turn needs more.</summary>
    public const int SlicesOfQuota = 32;

    /// <summary>Of a quota whose slices are small, turns may owe more than one: a step of an answer has to fit.</summary>
    private const long LeastCredit = 1000;

    /// <summary>How long after a refusal, or after the store could not be asked, it is not asked again.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Quota _quota;
    private readonly Partition _who;
    private readonly Slices _slices;
    private readonly TimeProvider _time;
    private readonly long _size;
    private int _pins;

    // What is here, negative when it is ahead.
    private long _slice;
    private long _taken;
    private DateTimeOffset _endsAt = DateTimeOffset.MaxValue;
    private Task? _leasing;

    // What was owed and has been asked to be counted, since something was granted last: then all that was owed before was there as well.
    private long _owed;

    // The last refusal.
    private DateTimeOffset _deniedUntil;
    private long _deniedFrom;
    private Shortage? _shortage;

    private long _left;
    private DateTimeOffset _usedAt;

    // Where each node goes on by itself when the store is away.
    private Level _alone = Level.Untouched;

    public LeasedBucket(Quota quota, Partition who, Slices slices, TimeProvider time)
    {
        (_quota, _who, _slices, _time) = (quota, who, slices, time);
        _size = SizeOf(quota);
        _left = quota.Limit;
    }

    public Quota Quota => _quota;

    public ref int Pins => ref _pins;

    private long Credit => Math.Max(_size, LeastCredit);

    public static long SizeOf(Quota quota) => Math.Max(1, quota.Limit / SlicesOfQuota);

    public ValueTask<Shortage?> TakeAsync(long amount, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (TryTake(amount))
            {
                return new((Shortage?)null);
            }
        }

        return TakeLeasedAsync(amount, cancellationToken);
    }

    public bool TryTakeMore(long amount)
    {
        lock (_gate)
        {
            if (TryTake(amount))
            {
                return true;
            }

            var isDenied = IsDenied(amount, _time.GetUtcNow());
            if (isDenied && !_shortage!.IsUnknown)
            {
                return false;
            }

            // It is owed. What runs is not stopped for want of an answer, as long as little is at stake.
            var isGiven = _slices.WhenUnavailable == WhenUnavailable.Open || _owed - _slice + amount <= Credit;
            if (isGiven)
            {
                Spend(amount);
            }

            if (!isDenied)
            {
                _leasing ??= LeaseAsync(least: 1, _size);
            }

            return isGiven;
        }
    }

    public void Charge(long amount)
    {
        lock (_gate)
        {
            EndSlice();
            Spend(amount);
        }
    }

    public void Give(long amount, DateTimeOffset takenAt)
    {
        lock (_gate)
        {
            EndSlice();
            if (_quota.WindowOf(takenAt) == _quota.WindowOf(_time.GetUtcNow()))
            {
                Spend(-amount);
                _shortage = null;
            }
        }
    }

    public Standing Stand()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var left = Math.Clamp(_left + _slice, 0, _quota.Limit);
            return new Standing(_quota, left, left == _quota.Limit ? TimeSpan.Zero : Level.WaitFor(_quota, _quota.Limit - left, now));
        }
    }

    public bool IsUntouched()
    {
        lock (_gate)
        {
            EndSlice();
            return _slice == 0 && _leasing is null && (_quota.Kind != QuotaKind.Concurrent || _taken == 0)
                && _alone.TakenAt(_quota, _time.GetUtcNow()) == 0;
        }
    }

    /// <summary>Gives back what was not used for so long. Done when it has been asked for, and has come or not.</summary>
    public Task GiveBackAsync(TimeSpan unusedFor)
    {
        lock (_gate)
        {
            EndSlice();
            if (_slice == 0)
            {
                _slices.Drop(this);
            }

            return _slice != 0 && _time.GetUtcNow() - _usedAt >= unusedFor && _leasing is null
                ? _leasing = LeaseAsync(least: 0, wanted: 0)
                : _leasing ?? Task.CompletedTask;
        }
    }

    private async ValueTask<Shortage?> TakeLeasedAsync(long amount, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task leasing;
            lock (_gate)
            {
                if (TryTake(amount))
                {
                    return null;
                }

                if (IsDenied(amount, _time.GetUtcNow()))
                {
                    return _shortage;
                }

                var here = Math.Max(0, _slice);
                leasing = _leasing ??= LeaseAsync(amount - here, Math.Max(amount, _size) - here);
            }

            await leasing.WaitAsync(cancellationToken);
        }
    }

    private bool TryTake(long amount)
    {
        EndSlice();
        if (_slice < amount)
        {
            return false;
        }

        Spend(amount);
        if (_slice < _size / 4 && _leasing is null && !IsDenied(1, _usedAt))
        {
            // Before it is spent, so that nobody waits for the next.
            _leasing = LeaseAsync(least: 1, _size);
        }

        return true;
    }

    private void Spend(long amount)
    {
        _slice -= amount;
        _taken = Math.Max(0, _taken + amount);
        _usedAt = _time.GetUtcNow();
        _slices.Keep(this);
    }

    private bool IsDenied(long amount, DateTimeOffset now) => _shortage is not null && now < _deniedUntil && amount >= _deniedFrom;

    private void EndSlice()
    {
        if (_time.GetUtcNow() >= _endsAt)
        {
            (_slice, _owed, _endsAt, _shortage) = (0, 0, DateTimeOffset.MaxValue, null);
        }
    }

    // Under the lock when it begins.
    private async Task LeaseAsync(long least, long wanted)
    {
        var returned = wanted == 0 ? _slice : Math.Min(0, _slice);
        _slice -= returned;
        var owed = Math.Max(0, -returned);
        _owed += owed;

        // Of a process that dies, turns that ran go on elsewhere and are counted there.
        var held = _quota.Kind == QuotaKind.Concurrent ? _slice + _taken : _slice;
        await Task.Yield();
        try
        {
            var lease = await _slices.LeaseAsync(new LeaseRequest(_quota, _who, least, wanted, returned, held));
            lock (_gate)
            {
                Take(lease, least, wanted);
            }
        }
        catch (StorageUnavailableException)
        {
            lock (_gate)
            {
                _slice += returned;
                _owed = Math.Max(0, _owed - owed);
                GoOnAlone(least, wanted);
            }
        }
        finally
        {
            lock (_gate)
            {
                _leasing = null;
            }
        }
    }

    private void Take(Lease lease, long least, long wanted)
    {
        var now = _time.GetUtcNow();
        _slice += lease.Granted;
        _owed = lease.Granted > 0 ? 0 : _owed;
        _left = lease.Left;
        _alone = Level.Untouched;
        _endsAt = lease.EndsIn is { } endsIn ? now + endsIn : DateTimeOffset.MaxValue;
        if (wanted > 0 && lease.Granted == 0)
        {
            Deny(least, new Shortage(_quota, lease.Wait), lease.Wait ?? LongestPause, now);
        }

        Settle();
    }

    private void GoOnAlone(long least, long wanted)
    {
        var now = _time.GetUtcNow();
        TimeSpan? wait = LongestPause;
        var goesOn = wanted > 0 && _slices.WhenUnavailable == WhenUnavailable.Open;
        if (goesOn && _alone.TryTake(_quota, Math.Max(least, 1), now, out _alone, out wait))
        {
            _slice += Math.Max(least, 1);
            return;
        }

        if (wanted > 0)
        {
            Deny(least, new Shortage(_quota, wait ?? LongestPause) { IsUnknown = !goesOn }, LongestPause, now);
        }
    }

    private void Deny(long least, Shortage shortage, TimeSpan pause, DateTimeOffset now)
    {
        _shortage = shortage;
        _deniedFrom = Math.Max(1, least);
        _deniedUntil = now + (pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause);
    }

    private void Settle()
    {
        if (_slice == 0)
        {
            _slices.Drop(this);
        }
        else
        {
            _slices.Keep(this);
        }
    }
}
