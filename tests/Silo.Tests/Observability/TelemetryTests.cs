using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Sluice.Silo.Tests.Scenarios;

namespace Sluice.Silo.Tests.Observability;

/// <summary>What Orleans measures and traces is told with the gateway's own.</summary>
[Collection(Alone.Name)]
public sealed class TelemetryTests
{
    [PostgresFact]
    public async Task Prometheus_is_told_what_Orleans_measures()
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 1);
        using var client = new HttpClient { BaseAddress = cluster.Nodes[0].Address };
        using var asking = new Asking(cluster.Nodes[0].Address);
        using var answer = await asking.PostAsync("/invoke", "ping", session: "measured");

        var told = await client.GetStringAsync("/metrics");

        told.ShouldContain("\norleans_grains{");
        told.ShouldContain("\nsluice_turn_duration_seconds_count");
    }

    [PostgresFact]
    public async Task A_collector_is_sent_the_spans_and_measurements_of_Orleans()
    {
        await using var collector = await Collector.StartAsync();
        await using var cluster = await Cluster.SilosAsync(
            nodes: 2, frontEnds: 0, $"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}", "OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_METRIC_EXPORT_INTERVAL=500");
        using var one = new Asking(cluster.Nodes[0].Address);
        using var other = new Asking(cluster.Nodes[1].Address);
        using var first = await one.PostAsync("/invoke", "ping", session: "traced");

        // From one silo to the session in the other.
        using var second = await other.PostAsync("/invoke", "ping", session: "traced");
        var trace = second.Headers.GetValues("X-Trace-Id").Single();

        await collector.ReceivesAsync("/v1/traces", "Microsoft.Orleans.Application", Convert.FromHexString(trace));
        await collector.ReceivesAsync("/v1/metrics", "Microsoft.Orleans", "orleans-grains"u8.ToArray());
    }

    [PostgresFact]
    public async Task What_brings_the_events_of_a_stream_to_another_silo_is_no_span()
    {
        await using var collector = await Collector.StartAsync();
        await using var cluster = await Cluster.SilosAsync(nodes: 2, frontEnds: 0, $"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}", "OTEL_BSP_SCHEDULE_DELAY=100");
        using var one = new Asking(cluster.Nodes[0].Address);
        using var other = new Asking(cluster.Nodes[1].Address);
        using var first = await one.PostAsync("/invoke", "ping", session: "traced");
        await using (var stream = await other.StreamAsync("an answer of several words", session: "traced"))
        {
            (await stream.RestAsync())[^1].Name.ShouldBe("done");
        }

        // What each of the two sends last comes behind all that the stream brought.
        foreach (var node in (Asking[])[one, other])
        {
            using var last = await node.PostAsync("/invoke", "ping", session: "traced");
            await collector.ReceivesAsync("/v1/traces", "Microsoft.AspNetCore", Convert.FromHexString(last.Headers.GetValues("X-Trace-Id").Single()));
        }

        collector.HasReceived("/v1/traces", "SubscribeAsync").ShouldBeTrue("the call that begins it is");
        collector.HasReceived("/v1/traces", "OnNextAsync").ShouldBeFalse();
    }
}
