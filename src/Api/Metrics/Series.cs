namespace Sluice.Api.Metrics;

/// <summary>One line of a metric over time: what was measured under one set of labels. Measured from any thread without a lock.</summary>
/// <param name="labels">As they are written between the braces.</param>
internal abstract class Series(byte[] labels)
{
    public ReadOnlySpan<byte> Labels => labels;

    public abstract void Record(double value);

    /// <summary>Writes what it has come to.</summary>
    /// <param name="lines">Where to.</param>
    /// <param name="family">What it belongs to.</param>
    /// <param name="round">Number of this scrape.</param>
    public abstract void Write(ExpositionText lines, MetricFamily family, long round);

    protected static void Add(ref double total, double value)
    {
        var seen = Volatile.Read(ref total);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref total, seen + value, seen);
            if (before.Equals(seen))
            {
                return;
            }

            seen = before;
        }
    }
}

/// <summary>What was measured, added up.</summary>
internal sealed class SumSeries(byte[] labels) : Series(labels)
{
    private double _sum;

    public override void Record(double value) => Add(ref _sum, value);

    public override void Write(ExpositionText lines, MetricFamily family, long round) => lines.Sample(family.Name, Labels, Volatile.Read(ref _sum));
}

/// <summary>What was measured last.</summary>
internal sealed class LastSeries(byte[] labels) : Series(labels)
{
    private double _value;

    public override void Record(double value) => Volatile.Write(ref _value, value);

    public override void Write(ExpositionText lines, MetricFamily family, long round) => lines.Sample(family.Name, Labels, Volatile.Read(ref _value));
}

/// <summary>What an instrument says when it is asked, once for each scrape. What it does not speak of any more is gone.</summary>
internal sealed class AskedSeries(byte[] labels, Func<long> round) : Series(labels)
{
    private double _value;
    private long _askedIn;

    public override void Record(double value)
    {
        // Two that are told as one, such as after an overflow, are added up.
        _value = _askedIn == round() ? _value + value : value;
        _askedIn = round();
    }

    public override void Write(ExpositionText lines, MetricFamily family, long round)
    {
        if (_askedIn == round)
        {
            lines.Sample(family.Name, Labels, _value);
        }
    }
}

/// <summary>How many values were how large.</summary>
internal sealed class HistogramSeries(byte[] labels, double[] bounds) : Series(labels)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    public override void Record(double value)
    {
        // Few, and most values are small: quicker than halving.
        var at = 0;
        while (at < bounds.Length && value > bounds[at])
        {
            at++;
        }

        Interlocked.Increment(ref _counts[at]);
        Add(ref _sum, value);
    }

    public override void Write(ExpositionText lines, MetricFamily family, long round)
    {
        // The count is that of the buckets as they are read here, so that the two agree while others measure.
        var count = 0L;
        for (var at = 0; at < _counts.Length; at++)
        {
            count += Volatile.Read(ref _counts[at]);
            lines.Bucket(family.Name, Labels, at < bounds.Length ? bounds[at] : double.PositiveInfinity, count);
        }

        lines.Part(family.Name, "_sum"u8, Labels, Volatile.Read(ref _sum));
        lines.Part(family.Name, "_count"u8, Labels, count);
    }
}
