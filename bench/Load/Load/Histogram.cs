using System.Numerics;

namespace Sluice.Bench.Load;

/// <summary>Nanoseconds counted into buckets 1.6 % wide: no allocation while measuring, any percentile after.</summary>
internal sealed class Histogram
{
    private const int SubBits = 6;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] _counts = new long[64 * SubBuckets];

    public long Count { get; private set; }

    public void Record(long nanoseconds)
    {
        _counts[Bucket(Math.Max(nanoseconds, 0))]++;
        Count++;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>The value, in milliseconds, that the <paramref name="share"/> (0 to 1) of all records does not exceed; null without records.</summary>
    public double? Milliseconds(double share)
    {
        if (Count == 0)
        {
            return null;
        }

        var wanted = (long)Math.Ceiling(share * Count);
        var bucket = -1;
        for (long seen = 0; seen < wanted;)
        {
            seen += _counts[++bucket];
        }

        return Math.Round(UpperEdge(bucket) / 1e6, 4);
    }

    private static int Bucket(long value)
    {
        if (value < SubBuckets)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) * SubBuckets) + (int)((value >> shift) - SubBuckets);
    }

    private static double UpperEdge(int bucket)
    {
        var shift = (bucket / SubBuckets) - 1;
        return shift < 0 ? bucket : ((bucket % SubBuckets) + SubBuckets + 1) * Math.Pow(2, shift);
    }
}
