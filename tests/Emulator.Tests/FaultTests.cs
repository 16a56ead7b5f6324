using System.Net;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Tests;

public sealed class FaultTests : EmulatorTest
{
    private const string Story = """{"input":{"text":"tell me a story"}}""";

    [Theory]
    [InlineData(Fault.Quota, 429, "RESOURCE_EXHAUSTED")]
    [InlineData(Fault.Unavailable, 503, "UNAVAILABLE")]
    [InlineData(Fault.BadGateway, 502, "UNAVAILABLE")]
    [InlineData(Fault.Internal, 500, "INTERNAL")]
    [InlineData(Fault.Deadline, 504, "DEADLINE_EXCEEDED")]
    [InlineData(Fault.Cancelled, 499, "CANCELLED")]
    [InlineData(Fault.ColdContainer, 400, "FAILED_PRECONDITION")]
    [InlineData(Fault.ColdContainerEmpty, 400, "FAILED_PRECONDITION")]
    [InlineData(Fault.AgentError, 400, "FAILED_PRECONDITION")]
    [InlineData(Fault.Unauthenticated, 401, "UNAUTHENTICATED")]
    [InlineData(Fault.Forbidden, 403, "PERMISSION_DENIED")]
    [InlineData(Fault.NotFound, 404, "NOT_FOUND")]
    public async Task Refusal_has_its_status_on_both_endpoints_is_counted_and_runs_nothing(Fault fault, int code, string status)
    {
        Control.Enqueue(new Script { Fault = fault }, new Script { Fault = fault });
        using var stream = await Stream("echo", Story);
        (await Error(stream, code))["status"]!.GetValue<string>().ShouldBe(status);
        using var query = await Query("echo", Story);
        (await Error(query, code))["status"]!.GetValue<string>().ShouldBe(status);
        (await StreamText("echo", Story)).ShouldStartWith("{\"chunk\": \"Once\"}\n{\"chunk\": \" upon\"}\n{\"chunk\": \" a\"}\n");

        var counters = Control.Counters;
        counters.FaultCount(fault).ShouldBe(2);
        counters.ResponsesByStatus[code].ShouldBe(2);
        counters.TurnsRun("tell me a story").ShouldBe(1);
        Control.Calls.Select(c => (c.Fault, c.RanTurn)).ShouldBe([(fault, false), (fault, false), (Fault.None, true)]);
    }

    [Fact]
    public async Task Cold_container_says_unavailable_or_nothing_in_its_details()
    {
        Control.Enqueue(new Script { Fault = Fault.ColdContainer }, new Script { Fault = Fault.ColdContainerEmpty });
        using var unavailable = await Query("echo", Story);
        (await Error(unavailable, 400))["message"]!.GetValue<string>().ShouldEndWith("\nError Details: Service Unavailable");
        using var empty = await Query("echo", Story);
        (await Error(empty, 400))["message"]!.GetValue<string>().ShouldEndWith("\nError Details: ");
        Control.Enqueue(new Script { Fault = Fault.ColdContainer, ErrorText = "Internal Server Error" });
        using var other = await Query("echo", Story);
        (await Error(other, 400))["message"]!.GetValue<string>().ShouldEndWith("\nError Details: Internal Server Error");
    }

    [Fact]
    public async Task Quota_error_is_the_services_own_and_tells_when_to_retry_if_scripted()
    {
        using var response = await Stream("echo", Story, "fault=quota;retryDelay=7s");
        JsonNode.DeepEquals(await Body(response), JsonNode.Parse("""
            {"error":{"code":429,"message":"Quota exceeded for quota metric 'Query Reasoning Engine requests' and limit 'Query Reasoning Engine requests per minute per region' of service 'aiplatform.googleapis.com' for consumer 'project_number:123456789012'.","status":"RESOURCE_EXHAUSTED",
             "details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com","metadata":{"service":"aiplatform.googleapis.com","consumer":"projects/123456789012","quota_metric":"aiplatform.googleapis.com/reasoning_engine_service_query_requests","quota_limit":"QueryReasoningEngineRequestsPerMinutePerProjectPerRegion","quota_limit_value":"90","quota_location":"us-central1","quota_unit":"1/min/{project}/{region}"}},
                        {"@type":"type.googleapis.com/google.rpc.Help","links":[{"description":"Request a higher quota limit.","url":"https://cloud.google.com/docs/quotas/help/request_increase"}]},
                        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"7s"}]}}
            """)).ShouldBeTrue();
    }

    [Fact]
    public async Task Quota_error_says_nothing_of_a_retry_unless_scripted_and_can_be_a_quota_nobody_has()
    {
        using var response = await Query("echo", Story);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Control.Enqueue(new Script { Fault = Fault.Quota, QuotaLimit = 0 });
        using var refused = await Query("echo", Story);
        var details = (await Error(refused, 429))["details"]!.AsArray();
        details.Count.ShouldBe(2);
        details[0]!["metadata"]!["quota_limit_value"]!.GetValue<string>().ShouldBe("0");
        details[0]!["metadata"]!["quota_unit"]!.GetValue<string>().ShouldBe("1/min/{project}/{region}");
    }

    [Fact]
    public async Task Agent_error_echoes_what_was_asked()
    {
        using var response = await Stream("echo", Story, "fault=agent-error;errorText=429 RESOURCE_EXHAUSTED. Too Many Requests");
        (await Error(response, 400))["message"]!.GetValue<string>().ShouldContain(
            "Exception: 429 RESOURCE_EXHAUSTED. Too Many Requests\\nRequest Data: {'text': 'tell me a story'}");
    }

    [Fact]
    public async Task Unauthenticated_once_then_well()
    {
        Control.Enqueue(new Script { Fault = Fault.Unauthenticated });
        using var first = await Query("echo", Story);
        first.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        first.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer realm=");
        using var second = await Query("echo", Story);
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Empty_is_a_200_without_a_body()
    {
        using var response = await Stream("echo", Story, "fault=empty");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        Control.Counters.FaultCount(Fault.Empty).ShouldBe(1);
    }

    [Theory]
    [InlineData("fault=closed-line;after=2", "{\"chunk\": \"a\"}\n{\"chunk\": \" b\"}\n{\"code\": 498, \"message\": \"Connection closed\"}\n")]
    [InlineData("fault=closed-line;after=0", "{\"code\": 498, \"message\": \"Connection closed\"}\n")]
    [InlineData("fault=closed-line;after=0;lineCode=503", "{\"code\": 503, \"message\": \"Connection closed\"}\n")]
    [InlineData("fault=truncate;after=1;turn=notStarted", "{\"content\": {\"parts\": [{\"text\"")]
    [InlineData("fault=error-line;errorText=no \"more\"", "{\"chunk\": \"a\"}\n{\"error\": \"no \\\"more\\\"\"}\n")]
    [InlineData("fault=error-line;after=0;errorText=x", "{\"error\": \"x\"}\n")]
    [InlineData("fault=late-error", "{\"chunk\": \"a\"}\n{\"chunk\": \" b\"}\n{\"chunk\": \" c\"}\n{\"code\": 498, \"message\": \"Connection closed\"}\n")]
    [InlineData("fault=truncate", "{\"chunk\": \"a\"}\n{\"chunk")]
    [InlineData("fault=stall;delay=1ms", "{\"chunk\": \"a\"}\n{\"chunk\": \" b\"}\n{\"chunk\": \" c\"}\n")]
    [InlineData("fault=slow-first-byte;delay=1ms", "{\"chunk\": \"a\"}\n{\"chunk\": \" b\"}\n{\"chunk\": \" c\"}\n")]
    public async Task Stream_breaks_where_scripted_and_still_ends_cleanly(string script, string body)
    {
        (await StreamText("echo", Story, script + ";text=a b c")).ShouldBe(body);
        Control.Counters.Faults.Single().Value.ShouldBe(1);
    }

    [Theory]
    [InlineData("fault=truncate-reset;after=2", "{\"chunk\": \"a\"}\n{\"chunk\": \" b\"}\n{\"chunk")]
    [InlineData("fault=truncate-reset;after=0", "{\"chunk")]
    public async Task Reset_in_the_middle_comes_after_exactly_the_scripted_bytes(string script, string expected)
    {
        for (var i = 0; i < 20; i++)
        {
            using var response = await Stream("echo", Story, script + ";text=a b c");
            var stream = await response.Content.ReadAsStreamAsync();
            var got = new MemoryStream();
            var e = await Should.ThrowAsync<IOException>(() => stream.CopyToAsync(got));
            System.Text.Encoding.UTF8.GetString(got.ToArray()).ShouldBe(expected);
        }
        Control.Counters.FaultCount(Fault.TruncateReset).ShouldBe(20);
        (await Control.WaitForEndAsync(nth: 20)).Outcome.ShouldBe(CallOutcome.Cut);
    }

    [Fact]
    public async Task Reset_before_the_headers_is_no_response_at_all()
    {
        Control.Enqueue(new Script { Fault = Fault.Reset });
        var e = await Should.ThrowAsync<HttpRequestException>(() => Stream("echo", Story));
        e.StatusCode.ShouldBeNull();
        Control.Counters.FaultCount(Fault.Reset).ShouldBe(1);
    }

    [Fact]
    public async Task Stalled_stream_is_silent_until_the_client_leaves()
    {
        using var response = await Stream("echo", Story, "fault=stall;after=1");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        (await reader.ReadLineAsync()).ShouldBe("{\"chunk\": \"Once\"}");
        var next = reader.ReadLineAsync();
        await Control.WaitForCallAsync(c => c.Fault == Fault.Stall);
        next.IsCompleted.ShouldBeFalse();
        response.Dispose();
        var cancelled = await Control.WaitForCancelAsync();
        cancelled.EventsSent.ShouldBe(1);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(TurnReach.Cut, 1)]
    [InlineData(TurnReach.Completed, 2)]
    public async Task Session_of_a_failed_call_holds_as_much_of_the_turn_as_scripted(TurnReach? turn, int events)
    {
        var session = await NewSession();
        Control.Enqueue(new Script { Fault = Fault.Internal, Turn = turn });
        using var response = await Stream("adk", Turn("ping", session));
        await Error(response, 500);
        var kept = JsonNode.Parse(await Http.GetStringAsync($"{Root}adk/sessions/{session}/events"))!["sessionEvents"] as JsonArray;
        (kept?.Count ?? 0).ShouldBe(events);
        Control.Counters.TurnsRun("ping").ShouldBe(events == 0 ? 0 : 1);
    }

    [Fact]
    public async Task Refused_connection_comes_back_on_the_same_port_with_its_sessions()
    {
        var session = await NewSession();
        var address = Host.Address;
        await Host.SuspendAsync();
        var e = await Should.ThrowAsync<HttpRequestException>(() => Query("echo", Story));
        e.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
        await Host.ResumeAsync();
        Host.Address.ShouldBe(address);
        using var response = await Http.GetAsync($"{Root}adk/sessions/{session}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Error_can_come_wrapped_in_an_array()
    {
        using var response = await Stream("echo", Story, "fault=unavailable;wrapError=true");
        (await Body(response))[0]!["error"]!["code"]!.GetValue<int>().ShouldBe(503);
    }

    [Fact]
    public async Task Resource_calls_can_fail_too()
    {
        var session = await NewSession();
        Control.Enqueue(new Script { Verb = Verb.SessionEvents, Fault = Fault.Unavailable });
        using var query = await Query("echo", Story);
        query.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var events = await Http.GetAsync($"{Root}adk/sessions/{session}/events");
        await Error(events, 503);
    }
}
