using System.Diagnostics.Metrics;

namespace Sluice.Api.Metrics;

/// <summary>One metric of Prometheus: an instrument, and its series by their labels.</summary>
internal sealed class MetricFamily
{
    /// <summary>OpenTelemetry's, for histograms that do not say theirs.</summary>
    private static readonly double[] DefaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly SeriesTable _series;
    private readonly string _help;

    /// <param name="name">As Prometheus knows it.</param>
    /// <param name="kind">How Prometheus reads it.</param>
    /// <param name="instrument">What is measured.</param>
    /// <param name="bound">Most series.</param>
    /// <param name="round">Number of the scrape that asks.</param>
    public MetricFamily(string name, MetricKind kind, Instrument instrument, int bound, Func<long> round)
    {
        (Name, Kind) = (name, kind);
        _help = string.IsNullOrEmpty(instrument.Description) ? instrument.Name : instrument.Description;
        _series = new SeriesTable(bound, MakerOf(kind, instrument, round));
    }

    public string Name { get; }

    public MetricKind Kind { get; }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _series.Of(tags).Record(value);

    public void Write(ExpositionText text, long round)
    {
        text.Head(Name, Kind, _help);
        foreach (var series in _series.All())
        {
            series.Write(text, this, round);
        }
    }

    private static Func<byte[], Series> MakerOf(MetricKind kind, Instrument instrument, Func<long> round)
    {
        if (kind == MetricKind.Histogram)
        {
            var bounds = BoundsOf(instrument);
            return labels => new HistogramSeries(labels, bounds);
        }

        return instrument switch
        {
            { IsObservable: true } => labels => new AskedSeries(labels, round),
            Gauge<int> or Gauge<long> or Gauge<double> => static labels => new LastSeries(labels),
            _ => static labels => new SumSeries(labels),
        };
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Instrument<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Instrument<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Instrument<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        _ => DefaultBounds,
    };
}
