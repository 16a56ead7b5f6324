using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Api.Metrics;
using Sluice.Api.Observability;
using Sluice.Api.Tests.Configuration;

namespace Sluice.Api.Tests.Metrics;

public sealed class MeterReaderTests : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterReader _reader;
    private readonly Meter _meter;

    public MeterReaderTests()
    {
        var options = Reading.Of("Sluice__Metrics__SeriesPerMetric=16").Options;
        var meters = _services.GetRequiredService<IMeterFactory>();
        _meter = meters.Create("Sluice");
        _reader = new MeterReader(meters, [new MoreTelemetry([], ["Somebody.Else"])], options.Metrics, options.Telemetry, NullLogger<MeterReader>.Instance);
    }

    [Fact]
    public async Task Counters_gauges_and_histograms_are_told_as_what_they_are()
    {
        await _reader.StartingAsync(default);
        var counter = _meter.CreateCounter<long>("test.calls", "{call}", "Calls.\nAnd more.");
        counter.Add(2);
        counter.Add(3, new KeyValuePair<string, object?>("who", "me"));
        _meter.CreateUpDownCounter<int>("test.level").Add(-4);
        var histogram = _meter.CreateHistogram("test.wait", "s", "", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        histogram.Record(0.1);
        histogram.Record(0.5);
        histogram.Record(7);

        var text = Read();

        text.ShouldContain("# HELP test_calls_total Calls.\\nAnd more.\n# TYPE test_calls_total counter\ntest_calls_total 2\ntest_calls_total{who=\"me\"} 3\n");
        text.ShouldContain("# TYPE test_level gauge\ntest_level -4\n");
        text.ShouldContain("""
            # HELP test_wait_seconds test.wait
            # TYPE test_wait_seconds histogram
            test_wait_seconds_bucket{le="0.1"} 1
            test_wait_seconds_bucket{le="1"} 2
            test_wait_seconds_bucket{le="+Inf"} 3
            test_wait_seconds_sum 7.6
            test_wait_seconds_count 3

            """);
    }

    [Fact]
    public async Task What_an_instrument_speaks_of_no_more_is_gone()
    {
        await _reader.StartingAsync(default);
        var circuits = new Dictionary<string, int> { ["one"] = 1, ["two"] = 2 };
        _meter.CreateObservableGauge("test.circuit", () => circuits.Select(pair => new Measurement<int>(pair.Value, new KeyValuePair<string, object?>("engine", pair.Key))));
        Scrape.Of(Read()).Sum("test_circuit").ShouldBe(3);

        circuits.Remove("one");
        var scrape = Scrape.Of(Read());

        scrape.Find("test_circuit", ("engine", "one")).ShouldBeNull();
        scrape.Sum("test_circuit", ("engine", "two")).ShouldBe(2);
    }

    [Fact]
    public async Task Meters_of_what_else_is_in_the_process_are_told_if_they_are_named()
    {
        await _reader.StartingAsync(default);
        _services.GetRequiredService<IMeterFactory>().Create("Somebody.Else").CreateCounter<int>("test-named").Add(1);
        Scrape.Of(Read()).Sum("test_named_total").ShouldBe(1);
    }

    [Fact]
    public async Task Meters_of_others_are_left_alone()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await _reader.StartingAsync(default);

        other.GetRequiredService<IMeterFactory>().Create("Sluice").CreateCounter<int>("test.elsewhere").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("Somebody").CreateCounter<int>("test.foreign").Add(1);

        Scrape.Of(Read()).Kinds.Keys.ShouldNotContain(name => name.StartsWith("test_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_that_would_be_one_are_told_once()
    {
        await _reader.StartingAsync(default);
        _meter.CreateUpDownCounter<int>("test.calls.total").Add(5);
        _meter.CreateCounter<int>("test.calls").Add(1);

        Scrape.Of(Read()).Sum("test_calls_total").ShouldBe(5);
    }

    [Fact]
    public async Task Series_are_bounded()
    {
        await _reader.StartingAsync(default);
        var counter = _meter.CreateCounter<int>("test.who");
        for (var i = 0; i < 100; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("who", i));
        }

        var scrape = Scrape.Of(Read());

        scrape.Sum("test_who_total", ("otel_metric_overflow", "true")).ShouldBe(100 - 16);
        scrape.Sum("test_who_total").ShouldBe(100);
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        await _services.DisposeAsync();
    }

    private string Read() => Encoding.UTF8.GetString(_reader.Read().Span);
}
