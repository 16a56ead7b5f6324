using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class FaultTests
{
    private const string Failed =
        "Reasoning Engine Execution failed.\nPlease refer to our documentation (https://cloud.google.com/x) for checking logs.\nError Details: ";

    [Theory]
    [InlineData(400, "INVALID_ARGUMENT", "Invalid JSON payload received.", FaultKind.InvalidRequest)]
    [InlineData(400, "FAILED_PRECONDITION", Failed, FaultKind.ColdStart)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "Service Unavailable", FaultKind.ColdStart)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "{\"detail\":\"Internal Server Error\"}", FaultKind.ColdStart)]
    [InlineData(400, "FAILED_PRECONDITION", "", FaultKind.ColdStart)]
    [InlineData(400, "FAILED_PRECONDITION", "The engine is being deleted.", FaultKind.InvalidRequest)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "{\"detail\":\"Agent Engine Error: boom\"}", FaultKind.AgentFailed)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "{\"detail\":\"Agent Engine Error: Default method `query` not found. Available methods are: ['x']\"}", FaultKind.InvalidRequest)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "{\"detail\":\"Agent Engine Error: Exception: 404 NOT_FOUND. Session 4290000 not found.\"}", FaultKind.AgentFailed)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "{\"detail\":\"Agent Engine Error: Exception: 429 RESOURCE_EXHAUSTED. {}\"}", FaultKind.QuotaExceeded)]
    [InlineData(400, "FAILED_PRECONDITION", Failed + "{\"detail\":\"Agent Engine Error: 503 UNAVAILABLE. {}\"}", FaultKind.Unavailable)]
    [InlineData(401, "UNAUTHENTICATED", "no", FaultKind.Unauthenticated)]
    [InlineData(403, "PERMISSION_DENIED", "Permission 'aiplatform.reasoningEngines.query' denied", FaultKind.PermissionDenied)]
    [InlineData(404, "NOT_FOUND", "no", FaultKind.EngineNotFound)]
    [InlineData(413, "", "", FaultKind.InvalidRequest)]
    [InlineData(429, "RESOURCE_EXHAUSTED", "Quota exceeded", FaultKind.QuotaExceeded)]
    [InlineData(499, "CANCELLED", "", FaultKind.UpstreamDeadline)]
    [InlineData(500, "INTERNAL", "", FaultKind.InternalError)]
    [InlineData(502, "", "", FaultKind.Unavailable)]
    [InlineData(503, "UNAVAILABLE", "", FaultKind.Unavailable)]
    [InlineData(504, "DEADLINE_EXCEEDED", "", FaultKind.UpstreamDeadline)]
    [InlineData(302, "", "", FaultKind.MalformedAnswer)]
    public async Task Each_status_is_the_fault_of_the_table(int status, string canonical, string message, FaultKind kind)
    {
        var error = JsonSerializer.Serialize(new { error = new { code = status, message, status = canonical } });
        foreach (var body in new[] { error, $"[{error}]" })
        {
            foreach (var delivery in Enum.GetValues<Delivery>())
            {
                var fault = await FaultAsync(status, body, delivery);
                fault.Kind.ShouldBe(kind);
                fault.UpstreamStatus.ShouldBe(status);
                fault.Message.ShouldNotBeNullOrWhiteSpace();
            }
        }
    }

    [Fact]
    public async Task What_an_agent_passed_on_from_behind_it_is_not_repeated_by_itself()
    {
        var body = JsonSerializer.Serialize(new
        {
            error = new { code = 400, message = Failed + "{\"detail\":\"Agent Engine Error: 429 RESOURCE_EXHAUSTED\"}", status = "FAILED_PRECONDITION" },
        });
        (await FaultAsync(400, body)).Retry.ShouldBe(RetryVerdict.MayHaveStarted);
        (await FaultAsync(429, "{}")).Retry.ShouldBe(RetryVerdict.NotStarted);
    }

    [Theory]
    [InlineData("<html>bad gateway</html>")]
    [InlineData("")]
    [InlineData("{\"error\":")]
    [InlineData("[]")]
    [InlineData("{\"error\":{\"message\":5,\"code\":\"x\",\"details\":[1,{\"@type\":1}]}}")]
    [InlineData("{\"error\":\"\\ud800\"}")]
    public async Task An_error_page_that_is_no_envelope_still_says_its_status(string body)
    {
        var fault = await FaultAsync(503, body);
        fault.Kind.ShouldBe(FaultKind.Unavailable);
        fault.Message.ShouldBe("The engine is not available.");
    }

    [Fact]
    public async Task The_request_an_error_echoes_is_not_repeated()
    {
        var detail = "{\"detail\":\"Agent Engine Error: An error occurred. Exception: 404 NOT_FOUND. {'error': {'code': 404}}\\nRequest Data: {'message': 'my secret', 'user_id': 'u1'}\"}";
        var body = JsonSerializer.Serialize(new { error = new { code = 400, message = Failed + detail, status = "FAILED_PRECONDITION" } });
        var fault = await FaultAsync(400, body);
        fault.Kind.ShouldBe(FaultKind.AgentFailed);
        fault.Message.ShouldBe("Agent Engine Error: An error occurred. Exception: 404 NOT_FOUND. {'error': {'code': 404}}");
    }

    [Theory]
    [InlineData("Authorization: Bearer abc.def-ghi was refused", "abc")]
    [InlineData("token ya29.a0AfH6SMBx-y_z is expired", "a0AfH6")]
    [InlineData("jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln bad", "eyJ")]
    [InlineData("config {\"client_secret\": \"hush\", 'access_token':'hush'} bad", "hush")]
    [InlineData("key AIzaSyA1234567890abcdefghijklmnopqrstuv bad", "AIza")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- bad", "MIIE")]
    public async Task No_message_carries_a_credential(string message, string secret)
    {
        var fault = await FaultAsync(400, JsonSerializer.Serialize(new { error = new { code = 400, message, status = "INVALID_ARGUMENT" } }));
        fault.Message.ShouldNotContain(secret);
        fault.Message.ShouldContain("[redacted]");
    }

    [Fact]
    public async Task A_message_is_one_line_of_bounded_length()
    {
        var fault = await FaultAsync(400, JsonSerializer.Serialize(new { error = new { code = 400, message = "a\n\tb" + new string('x', 5000) } }));
        fault.Message.ShouldStartWith("a bx");
        fault.Message.Length.ShouldBeLessThan(1100);
    }

    [Theory]
    [InlineData("7s", 7)]
    [InlineData("1.5s", 1.5)]
    public async Task The_wait_an_error_asks_for_is_kept(string delay, double seconds)
    {
        var body = JsonSerializer.Serialize(new
        {
            error = new { code = 429, details = new object[] { new Dictionary<string, string> { ["@type"] = "type.googleapis.com/google.rpc.RetryInfo", ["retryDelay"] = delay } } },
        });
        (await FaultAsync(429, body)).RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public async Task The_wait_of_a_retry_after_header_is_kept_as_seconds_or_date()
    {
        foreach (var (value, least, most) in new[]
        {
            ("12", 12.0, 12.0),
            (DateTimeOffset.UtcNow.AddSeconds(60).ToString("R", CultureInfo.InvariantCulture), 30.0, 60.0),
            (DateTimeOffset.UtcNow.AddSeconds(-60).ToString("R", CultureInfo.InvariantCulture), 0.0, 0.0),
        })
        {
            await using var stub = await StubEngine.StartAsync((context, _) =>
            {
                context.Response.Headers.RetryAfter = value;
                return StubEngine.Answer(context, 503, "{}");
            });
            await using var bench = new Bench(stub);
            var after = (await bench.RunAsync(FakeTurn.Saying("x"))).Fault!.RetryAfter.ShouldNotBeNull().TotalSeconds;
            after.ShouldBeInRange(least, most);
        }
    }

    [Theory]
    [InlineData("", FaultKind.EmptyAnswer)]
    [InlineData("\n\n", FaultKind.EmptyAnswer)]
    [InlineData("[]", FaultKind.EmptyAnswer)]
    [InlineData("{\"a\":1", FaultKind.CutStream)]
    [InlineData("nope", FaultKind.MalformedAnswer)]
    [InlineData("{\"code\": 429, \"message\": \"slow down\"}\n", FaultKind.QuotaExceeded)]
    [InlineData("{\"code\": 503, \"message\": \"later\"}\n", FaultKind.Unavailable)]
    [InlineData("[{\"error\":{\"code\":403,\"message\":\"no\",\"status\":\"PERMISSION_DENIED\"}}]", FaultKind.PermissionDenied)]
    [InlineData("{\"error\":{\"code\":400,\"message\":\"Reasoning Engine Execution failed.\",\"status\":\"FAILED_PRECONDITION\"}}\n", FaultKind.ColdStart)]
    [InlineData("{\"code\": 498, \"message\": \"Connection closed\"}\n", FaultKind.StreamError)]
    [InlineData("{\"error\": \"boom\"}\n", FaultKind.StreamError)]
    [InlineData("data: {\"error\": \"it's \"bad\"\"}\n\n", FaultKind.StreamError)]
    public async Task What_a_stream_begins_with_may_be_a_fault(string body, FaultKind kind)
    {
        var fault = await FaultAsync(200, body);
        fault.Kind.ShouldBe(kind);
        fault.Started.ShouldBeFalse();
    }

    [Theory]
    [InlineData("{\"code\": 429, \"message\": \"slow down\"}\n", FaultKind.StreamError)]
    [InlineData("{\"error\":{\"code\":503,\"message\":\"x\"}}\n", FaultKind.StreamError)]
    [InlineData("{\"a", FaultKind.CutStream)]
    [InlineData("nope\n", FaultKind.MalformedAnswer)]
    public async Task Behind_an_event_a_fault_never_lets_the_request_be_repeated_by_itself(string rest, FaultKind kind)
    {
        var fault = await FaultAsync(200, "{\"chunk\":\"a\"}\n" + rest);
        fault.Kind.ShouldBe(kind);
        fault.Started.ShouldBeTrue();
        fault.Retry.ShouldNotBe(RetryVerdict.NotStarted);
    }

    [Theory]
    [InlineData("", FaultKind.EmptyAnswer)]
    [InlineData("{\"output\":", FaultKind.MalformedAnswer)]
    [InlineData("<html>", FaultKind.MalformedAnswer)]
    [InlineData("{\"output\":1}{}", FaultKind.MalformedAnswer)]
    [InlineData("{\"error\":{\"code\":503,\"message\":\"x\"}}", FaultKind.Unavailable)]
    public async Task A_query_may_answer_with_a_fault_inside_a_200(string body, FaultKind kind) =>
        (await FaultAsync(200, body, Delivery.Whole)).Kind.ShouldBe(kind);

    [Fact]
    public async Task A_connection_that_breaks_in_the_answer_cuts_the_stream_and_keeps_what_came()
    {
        await using var stub = await StubEngine.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync("{\"chunk\":\"a\"}\n");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        await using var bench = new Bench(stub);
        var turn = FakeTurn.Saying("x");
        var fault = (await bench.RunAsync(turn)).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.CutStream);
    }

    [Fact]
    public async Task A_connection_that_breaks_before_the_answer_may_have_started_the_turn_and_is_not_sent_twice()
    {
        var calls = 0;
        await using var stub = await StubEngine.StartAsync((context, _) =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return StubEngine.Answer(context, 200, "{}");
        });
        await using var bench = new Bench(stub);
        (await bench.RunAsync(FakeTurn.Saying("x", Delivery.Whole))).Fault.ShouldBeNull();

        // Over the connection that is pooled by now.
        var fault = (await bench.RunAsync(FakeTurn.Saying("x", Delivery.Whole))).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.CutStream);
        fault.Retry.ShouldBe(RetryVerdict.MayHaveStarted);
        stub.Seen.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://{listener.LocalEndpoint}");
        listener.Stop();
        await using var stub = await StubEngine.StartAsync(200, "{}");
        await using var bench = new Bench(stub, options => options with { Endpoint = url });
        var fault = (await bench.RunAsync(FakeTurn.Saying("x"))).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.Unreachable);
        fault.Retry.ShouldBe(RetryVerdict.NotStarted);
    }

    [Fact]
    public async Task A_server_without_trusted_tls_is_unreachable()
    {
        await using var stub = await StubEngine.StartAsync(200, "{}");
        await using var bench = new Bench(stub, options => options with { Endpoint = new UriBuilder(stub.Url) { Scheme = "https" }.Uri });
        (await bench.RunAsync(FakeTurn.Saying("x"))).Fault!.Kind.ShouldBe(FaultKind.Unreachable);
    }

    [Theory]
    [InlineData(Delivery.Whole)]
    [InlineData(Delivery.Streamed)]
    public async Task An_answer_larger_than_allowed_is_refused(Delivery delivery)
    {
        await using var stub = await StubEngine.StartAsync(200, $$"""{"output":"{{new string('x', 100_000)}}"}""");
        await using var bench = new Bench(stub, options => options with { MaxEventBytes = 10_000 });
        var turn = FakeTurn.Saying("x", delivery);
        (await bench.RunAsync(turn)).Fault!.Kind.ShouldBe(FaultKind.AnswerTooLarge);
        turn.Raw.ShouldBeEmpty();
    }

    private static async Task<EngineFault> FaultAsync(int status, string body, Delivery delivery = Delivery.Streamed)
    {
        await using var stub = await StubEngine.StartAsync(status, body);
        await using var bench = new Bench(stub);
        return (await bench.RunAsync(FakeTurn.Saying("x", delivery))).Fault.ShouldNotBeNull();
    }
}
