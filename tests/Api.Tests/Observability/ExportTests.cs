using System.Text.Json;
using Sluice.Api.Tests.Processes;

namespace Sluice.Api.Tests.Observability;

/// <summary>Each in a process of its own: which telemetry there is belongs to a whole process.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task Spans_go_to_a_configured_collector_with_the_trace_the_caller_was_told()
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync([.. Otlp(sink), "OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test"]);
        await using var process = gateway;
        using var http = client;

        var answer = await http.PostAsync("/invoke", Ping());
        var server = await sink.NextAsync(span => span.Kind == OtlpSpan.Server);

        server.TraceId.ShouldBe(TraceOf(answer));
        server.Scope.ShouldBe("Microsoft.AspNetCore");
        server.Resource["service.name"].ShouldBe("bobs-brain-gateway");
        server.Resource["deployment.environment.name"].ShouldBe("test");
        server.Resource.Keys.ShouldContain("service.version");
        server.Resource.Keys.ShouldContain("service.instance.id");
    }

    [Fact]
    public async Task Turn_is_a_child_of_its_request()
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync(Otlp(sink));
        await using var process = gateway;
        using var http = client;

        await http.PostAsync("/invoke", Ping());
        var spans = await sink.NextAsync(IsRequest, IsTurn);
        var (server, turn) = (spans[0], spans[1]);

        turn.TraceId.ShouldBe(server.TraceId);
        turn.ParentSpanId.ShouldBe(server.SpanId);
        server.Attributes["http.request.method"].ShouldBe("POST");
        server.Attributes["http.route"].ShouldBe("/invoke");
        server.Attributes["http.response.status_code"].ShouldBe("503");
        server.Name.ShouldBe("POST /invoke");
        server.Attributes["gen_ai.conversation.id"].ShouldBe(turn.Attributes["gen_ai.conversation.id"]);
        turn.Attributes.Values.Concat(server.Attributes.Values).ShouldAllBe(value => !value.Contains("xyzzy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Engine_call_is_a_child_of_its_turn_and_none_of_them_tells_the_prompt()
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync([.. Otlp(sink), "ASPNETCORE_ENVIRONMENT=Development"]);
        await using var process = gateway;
        using var http = client;

        var answer = await http.PostAsync("/invoke", Ping());
        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        var spans = await sink.NextAsync(IsRequest, IsTurn, span => span.Kind == OtlpSpan.Client && span.Name.StartsWith("invoke_agent ", StringComparison.Ordinal));
        var (server, turn, call) = (spans[0], spans[1], spans[2]);
        turn.ParentSpanId.ShouldBe(server.SpanId);
        call.ParentSpanId.ShouldBe(turn.SpanId);
        call.TraceId.ShouldBe(server.TraceId);
        call.Attributes["gen_ai.operation.name"].ShouldBe("invoke_agent");
        spans.SelectMany(span => span.Attributes.Values).ShouldAllBe(value => !value.Contains("xyzzy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Spans_go_over_grpc_when_that_is_asked_for()
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync(
            $"OTEL_EXPORTER_OTLP_ENDPOINT={sink.GrpcAddress}", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_BSP_SCHEDULE_DELAY=100");
        await using var process = gateway;
        using var http = client;

        var answer = await http.GetAsync("/_health");

        (await sink.NextAsync(span => span.Kind == OtlpSpan.Server)).TraceId.ShouldBe(TraceOf(answer));
    }

    [Fact]
    public async Task Last_spans_are_sent_before_the_process_ends()
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync([.. Otlp(sink), "OTEL_BSP_SCHEDULE_DELAY=600000", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=2"]);
        await using var process = gateway;
        using var http = client;

        // The first export of a process takes its time; it should not be the last.
        await http.GetAsync("/_health");
        await http.GetAsync("/_health");
        await sink.NextAsync(span => span.Kind == OtlpSpan.Server);
        await sink.NextAsync(span => span.Kind == OtlpSpan.Server);
        await http.GetAsync("/_health");
        sink.Exports.ShouldBe(1);

        await gateway.TerminateAsync();

        await sink.NextAsync(span => span.Kind == OtlpSpan.Server);
        gateway.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("OTEL_TRACES_SAMPLER=always_off")]
    [InlineData("Sluice__Telemetry__SampleRatio=0")]
    [InlineData("OTEL_SDK_DISABLED=true")]
    public async Task Trace_that_is_not_sampled_has_its_id_and_is_not_sent(string variable)
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync([.. Otlp(sink), variable]);
        await using var process = gateway;
        using var http = client;

        TraceOf(await http.GetAsync("/_health")).ShouldMatch("^[0-9a-f]{32}$");
        await gateway.TerminateAsync();

        sink.Exports.ShouldBe(0);
    }

    [Fact]
    public async Task On_google_cloud_spans_go_to_cloud_trace_signed_and_with_the_project()
    {
        await using var sink = await TelemetrySink.StartAsync();
        var (gateway, client) = await GatewayProcess.StartAsync(
            $"GCE_METADATA_HOST={sink.Address.Authority}",
            "K_SERVICE=gateway-service",
            "K_REVISION=gateway-service-00001",
            "Sluice__Auth__Mode=none",
            $"Sluice__Telemetry__CloudTraceEndpoint={sink.Address}v1/traces",
            "OTEL_EXPORTER_OTLP_HEADERS=api-key=someone-elses",
            "OTEL_BSP_SCHEDULE_DELAY=100");
        await using var process = gateway;
        using var http = client;

        // The project is asked for once the process runs; requests before the answer have no span.
        var exported = sink.NextAsync(span => span.Kind == OtlpSpan.Server);
        while (!exported.IsCompleted)
        {
            await http.GetAsync("/_health");
        }

        var server = await exported;
        server.Resource["gcp.project_id"].ShouldBe(TelemetrySink.Project);
        server.Resource["faas.name"].ShouldBe("gateway-service");
        server.Resource["faas.version"].ShouldBe("gateway-service-00001");
        sink.LastHeaders["Authorization"].ShouldBe($"Bearer {TelemetrySink.Token}");
        sink.LastHeaders["Content-Type"].ShouldBe("application/x-protobuf");
        sink.LastHeaders.Keys.ShouldNotContain("api-key");

        await http.PostAsync("/invoke", Ping());
        await gateway.TerminateAsync();
        Lines(gateway).ShouldContain(line => Trace(line)!.StartsWith($"projects/{TelemetrySink.Project}/traces/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(500)]
    public async Task Collector_that_refuses_is_told_of_once_and_costs_no_request(int status)
    {
        await using var sink = await TelemetrySink.StartAsync(status);
        var (gateway, client) = await GatewayProcess.StartAsync(Otlp(sink));
        await using var process = gateway;
        using var http = client;

        for (var i = 0; i < 5; i++)
        {
            (await http.GetAsync("/_health")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
            await sink.NextAsync(span => span.Kind == OtlpSpan.Server);
        }

        await gateway.TerminateAsync();

        Lines(gateway).Count(line => EventOf(line) == "TelemetryNotExported").ShouldBe(1);
        gateway.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Collector_that_is_not_there_delays_neither_start_nor_end()
    {
        var (gateway, client) = await GatewayProcess.StartAsync("OTEL_EXPORTER_OTLP_ENDPOINT=http://192.0.2.1:4318");
        await using var process = gateway;
        using var http = client;
        (await http.GetAsync("/_health")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);

        var started = TimeProvider.System.GetTimestamp();
        await gateway.TerminateAsync();

        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(8));
        gateway.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Prompt_is_in_no_log_line()
    {
        var (gateway, client) = await GatewayProcess.StartAsync("Logging__LogLevel__Default=Trace");
        await using var process = gateway;
        using var http = client;

        await http.PostAsync("/invoke", new StringContent("""{"text":"xyzzy-prompt"}""", System.Text.Encoding.UTF8, "application/json"));
        using var signed = new HttpRequestMessage(HttpMethod.Get, "/_health?q=xyzzy-prompt");
        signed.Headers.TryAddWithoutValidation("Authorization", "Bearer xyzzy-token");
        await http.SendAsync(signed);
        await gateway.TerminateAsync();

        gateway.Output.ShouldContain("TurnFailed");
        gateway.Output.ShouldNotContain("xyzzy-token");
        Lines(gateway).Where(line => !LoggerOf(line).StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)).ShouldAllBe(line => !line.GetRawText().Contains("xyzzy"));
    }

    // The emulator's own requests, in the same process, are children of the calls.
    private static bool IsRequest(OtlpSpan span) => span is { Kind: OtlpSpan.Server, ParentSpanId: "" };

    private static bool IsTurn(OtlpSpan span) => span is { Scope: "Sluice", Name: "turn" };

    private static string[] Otlp(TelemetrySink sink) =>
        [$"OTEL_EXPORTER_OTLP_ENDPOINT={sink.Address}", "OTEL_BSP_SCHEDULE_DELAY=100"];

    private static string TraceOf(HttpResponseMessage answer) => answer.Headers.GetValues("X-Trace-Id").Single();

    private static StringContent Ping() => new("""{"text":"xyzzy ping"}""", System.Text.Encoding.UTF8, "application/json");

    private static List<JsonElement> Lines(GatewayProcess gateway) =>
        [.. gateway.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string? Trace(JsonElement line) => line.TryGetProperty("logging.googleapis.com/trace", out var trace) ? trace.GetString() : "";

    private static string LoggerOf(JsonElement line) => line.GetProperty("logging.googleapis.com/labels").GetProperty("logger").GetString()!;

    private static string? EventOf(JsonElement line) =>
        line.GetProperty("logging.googleapis.com/labels").TryGetProperty("event", out var name) ? name.GetString() : null;
}
