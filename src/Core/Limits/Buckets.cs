namespace Sluice.Core.Limits;

/// <summary>
/// The buckets of one quota, within a bound. At the bound one that is as good as new makes room; where none is, those who come new share one among them. So nobody gets rid of
/// what was taken by bringing in a crowd, and the crowd takes nothing from those who are here.
/// </summary>
internal sealed class Buckets(Quota quota, int most, Func<Partition, IBucket> make)
{
    /// <summary>How many of those used longest ago are looked at for room.</summary>
    private const int LookedAt = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<Partition, LinkedListNode<(Partition Who, IBucket Bucket)>> _byWho = [];
    private readonly LinkedList<(Partition Who, IBucket Bucket)> _byUse = [];
    private readonly IBucket _others = make(Partition.Others);

    public Quota Quota => quota;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byWho.Count;
            }
        }
    }

    /// <summary>To be given to <see cref="Return"/>: until then it stays.</summary>
    public IBucket Rent(Partition who)
    {
        lock (_gate)
        {
            return Pinned(Find(who));
        }
    }

    /// <summary>One that is in hand by itself.</summary>
    public static IBucket Pinned(IBucket bucket)
    {
        Interlocked.Increment(ref bucket.Pins);
        return bucket;
    }

    public static void Return(IBucket bucket) => Interlocked.Decrement(ref bucket.Pins);

    /// <summary>How one stands.</summary>
    public Standing Stand(Partition who)
    {
        lock (_gate)
        {
            return Find(who).Stand();
        }
    }

    private IBucket Find(Partition who)
    {
        if (_byWho.TryGetValue(who, out var known))
        {
            if (!ReferenceEquals(known, _byUse.First))
            {
                _byUse.Remove(known);
                _byUse.AddFirst(known);
            }

            return known.Value.Bucket;
        }

        if (_byWho.Count >= most && !MadeRoom())
        {
            return _others;
        }

        var made = make(who);
        _byWho.Add(who, _byUse.AddFirst((who, made)));
        return made;
    }

    private bool MadeRoom()
    {
        var oldest = _byUse.Last;
        for (var looked = 0; oldest is not null && looked < LookedAt; looked++, oldest = oldest.Previous)
        {
            if (oldest.Value.Bucket is var bucket && Volatile.Read(ref bucket.Pins) == 0 && bucket.IsUntouched())
            {
                _byWho.Remove(oldest.Value.Who);
                _byUse.Remove(oldest);
                return true;
            }
        }

        return false;
    }
}
