using System.Diagnostics.Metrics;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Engines.Caching;

/// <summary>By itself: what a process has in all its caches is one number.</summary>
[Collection(Alone.Name)]
public sealed class CacheMetricsTests : IDisposable
{
    private readonly Dictionary<string, long> _seen = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new() { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
    private readonly ManualTime _time = new();

    public CacheMetricsTests()
    {
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name.StartsWith("sluice.cache.", StringComparison.Ordinal))
            {
                var labels = string.Concat(tags.ToArray().Select(tag => $" {tag.Key}={tag.Value}"));
                _seen[instrument.Name + labels] = instrument.IsObservable ? value : _seen.GetValueOrDefault(instrument.Name + labels) + value;
            }
        });
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task What_the_cache_did_is_counted_by_engine_and_outcome()
    {
        await using var bench = new CacheBench(CacheBench.Counting(), new CachePolicy { StaleWhileRevalidate = TimeSpan.FromMinutes(1) });
        await bench.AskAsync("why");
        await bench.AskAsync("why");
        await bench.AskAsync("why");
        await bench.AskAsync("why", control: new CacheControl { NoStore = true, NoCache = true });
        await bench.AskAsync("how", control: new CacheControl { OnlyIfCached = true });
        bench.Time.Advance(TimeSpan.FromSeconds(90));
        await bench.AskAsync("why", control: new CacheControl { MaxStale = TimeSpan.MaxValue });

        Requests("miss").ShouldBe(2);
        Requests("hit").ShouldBe(2);
        Requests("bypass").ShouldBe(1);
        Requests("stale").ShouldBe(1);
        _seen.ShouldNotContainKey("sluice.cache.requests sluice.engine.name=default sluice.cache.outcome=joined");
    }

    [Fact]
    public async Task Turn_that_joined_is_counted_as_that()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var second = bench.RunAsync(FakeTurn.Saying("why"));
        var call = await bench.Engine.NextCallAsync();
        call.Emit("x");
        call.Complete();
        await Task.WhenAll(first, second);

        Requests("joined").ShouldBe(1);
        Requests("miss").ShouldBe(1);
    }

    [Fact]
    public async Task Answers_kept_their_bytes_and_those_dropped_at_a_bound_are_told_while_the_cache_is_in_use()
    {
        var bench = new CacheBench(CacheBench.Counting(), new CachePolicy { Answers = 2 });
        await bench.AskAsync("a");
        await bench.AskAsync("b");
        Observe();
        Seen("sluice.cache.entries").ShouldBe(2);
        Seen("sluice.cache.bytes").ShouldBe(bench.Cache.Bytes);
        Seen("sluice.cache.evictions").ShouldBe(0);

        await bench.AskAsync("c");
        Observe();
        Seen("sluice.cache.entries").ShouldBe(2);
        Seen("sluice.cache.evictions").ShouldBe(1);

        await bench.DisposeAsync();
        Observe();
        Seen("sluice.cache.entries").ShouldBe(0);
        Seen("sluice.cache.bytes").ShouldBe(0);
    }

    [Fact]
    public async Task Cache_that_only_stands_in_counts_no_requests()
    {
        await using var directory = new EngineDirectory(
            [new NamedEngine("only-stale", CacheBench.Counting()) { Fallbacks = [new(Sluice.Core.Engines.Fallbacks.FallbackKind.Stale, "")] }],
            new AnswerCache(new CachePolicy(), _time));

        await directory.RunAsync(FakeTurn.Saying("x"), CancellationToken.None);

        _seen.Keys.ShouldNotContain(name => name.Contains("only-stale", StringComparison.Ordinal));
    }

    private void Observe() => _listener.RecordObservableInstruments();

    private long Requests(string outcome) => Seen($"sluice.cache.requests sluice.engine.name=default sluice.cache.outcome={outcome}");

    private long Seen(string name) => _seen.GetValueOrDefault(name);
}
