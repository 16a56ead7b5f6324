using System.Text;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Observability;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class TelemetryTests
{
    private const string Secret = "xyzzy-plugh";

    [Theory]
    [InlineData("echo", "/invoke")]
    [InlineData("adk", "/invoke/stream")]
    public async Task Request_turn_and_engine_call_are_one_trace_and_nobody_is_told_the_prompt(string engine, string path)
    {
        await using var sink = await TelemetrySink.StartAsync();
        await using var stage = await Stage.StartAsync(
            engine, $"OTEL_EXPORTER_OTLP_ENDPOINT={sink.Address}", "OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_METRIC_EXPORT_INTERVAL=200", "Logging__LogLevel__Default=Debug");

        using var answer = await stage.PostAsync(path, Asking.Body($"{Secret} story"));
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Once");
        using var refused = await stage.PostAsync(path, $$"""{"{{Secret}}":1}""");
        var spans = await sink.NextAsync(
            span => span.Kind == OtlpSpan.Server && span.Attributes["http.response.status_code"] == "200",
            span => span is { Scope: "Sluice", Name: "turn" },
            span => span.Kind == OtlpSpan.Client && span.Name.StartsWith("invoke_agent ", StringComparison.Ordinal));
        await stage.Process.TerminateAsync();

        var (server, turn, call) = (spans[0], spans[1], spans[2]);
        server.TraceId.ShouldBe(answer.Header("X-Trace-Id"));
        turn.TraceId.ShouldBe(server.TraceId);
        call.TraceId.ShouldBe(server.TraceId);
        turn.ParentSpanId.ShouldBe(server.SpanId);
        call.ParentSpanId.ShouldBe(turn.SpanId);
        stage.Engine.Calls.Single(seen => seen.RanTurn).Traceparent.ShouldBe($"00-{call.TraceId}-{call.SpanId}-01");
        sink.Bodies.ShouldNotBeEmpty();
        sink.Bodies.Select(Encoding.Latin1.GetString).ShouldAllBe(body => !body.Contains(Secret, StringComparison.Ordinal) && !body.Contains("Once", StringComparison.Ordinal));
        stage.Process.Output.ShouldContain(server.TraceId);
        (stage.Process.Output + stage.Process.Error).ShouldNotContain(Secret);
        stage.Process.Output.ShouldNotContain("Once");
    }
}
