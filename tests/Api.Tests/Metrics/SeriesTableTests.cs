using Sluice.Api.Metrics;

namespace Sluice.Api.Tests.Metrics;

public sealed class SeriesTableTests
{
    private const int Bound = 20;

    private readonly SeriesTable _table = new(Bound, labels => new SumSeries(labels));

    [Fact]
    public void The_same_tags_in_any_order_are_one_series()
    {
        var one = _table.Of([Tag("b", "2"), Tag("a", 1)]);

        _table.Of([Tag("a", 1), Tag("b", "2")]).ShouldBeSameAs(one);
        _table.Of([Tag("b", "2"), Tag("a", 1)]).ShouldBeSameAs(one);
        Texts().ShouldBe(["""a="1",b="2" """.TrimEnd()]);
    }

    [Fact]
    public void A_number_and_its_text_are_one_series()
    {
        _table.Of([Tag("status", 200)]).ShouldBeSameAs(_table.Of([Tag("status", "200")]));
        _table.Of([Tag("status", 500)]).ShouldNotBeSameAs(_table.Of([Tag("status", 200)]));
    }

    [Fact]
    public void Values_are_escaped_and_names_that_become_one_are_joined()
    {
        _table.Of([Tag("a.b", "x\"y\\z\n"), Tag("a_b", "2"), Tag("on", true), Tag("none", null)]);

        Texts().ShouldBe([@"a_b=""x\""y\\z\n;2"",none="""",on=""true"""]);
    }

    [Fact]
    public void Addresses_of_the_other_side_make_no_series()
    {
        var one = _table.Of([Tag("network.peer.address", "10.0.0.1")]);

        for (var i = 0; i < 1000; i++)
        {
            _table.Of([Tag("network.peer.address", $"10.1.0.{i}")]).ShouldBeSameAs(one);
        }

        Texts().ShouldBe([""]);
    }

    [Fact]
    public void Beyond_the_bound_everything_new_is_one_series_that_says_so()
    {
        var before = Enumerable.Range(0, Bound).Select(i => _table.Of([Tag("n", i)])).ToArray();
        var beyond = Enumerable.Range(Bound, 1000).Select(i => _table.Of([Tag("n", i)])).Distinct().ShouldHaveSingleItem();

        before.ShouldNotContain(beyond);
        Enumerable.Range(0, Bound).Select(i => _table.Of([Tag("n", i)])).ShouldBe(before);
        _table.All().Length.ShouldBe(Bound + 1);
        Texts().ShouldContain("otel_metric_overflow=\"true\"");
    }

    [Fact]
    public void Finding_a_series_allocates_nothing()
    {
        KeyValuePair<string, object?>[] tags = [Tag("http.request.method", "POST"), Tag("http.response.status_code", 200)];
        _table.Of(tags).Record(1);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 10_000; i++)
        {
            _table.Of(tags).Record(1);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Nothing_is_lost_between_threads_that_make_and_measure_series_at_once()
    {
        const int Rounds = 2_000;
        const int Threads = 8;
        var table = new SeriesTable(bound: 1_000, labels => new HistogramSeries(labels, [1, 2]));

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                table.Of([Tag("n", i % 500)]).Record(1.5);
            }
        });

        var text = new ExpositionText();
        text.Head("x", MetricKind.Histogram, "");
        var family = new MetricFamily("x", MetricKind.Histogram, new System.Diagnostics.Metrics.Meter("test").CreateHistogram<double>("x"), 1, () => 0);
        foreach (var series in table.All())
        {
            series.Write(text, family, 0);
        }

        var scrape = Scrape.Of(System.Text.Encoding.UTF8.GetString(text.Written.Span));
        table.All().Length.ShouldBe(500);
        scrape.Sum("x_count").ShouldBe(Rounds * Threads);
        scrape.Sum("x_sum").ShouldBe(Rounds * Threads * 1.5);
        scrape.Sum("x_bucket", ("le", "1")).ShouldBe(0);
        scrape.Sum("x_bucket", ("le", "2")).ShouldBe(Rounds * Threads);
        scrape.Sum("x_bucket", ("le", "+Inf")).ShouldBe(Rounds * Threads);
    }

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private string[] Texts() => [.. _table.All().Select(series => System.Text.Encoding.UTF8.GetString(series.Labels))];
}
