using System.Text;
using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class StreamTests
{
    private const string Tell = """{"text":"tell","session_id":"s"}""";

    [Fact]
    public async Task A_stream_is_these_bytes()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Emit("Once", " upon");
            call.Turn.Append("""{"author":"a","content":{"parts":[{"function_call":{}}]}}"""u8, default);
            call.Emit(" a \"time\"\n");
            return new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP", Usage = new TokenUsage(7, 4) };
        }));

        using var response = await gateway.PostAsync("/invoke/stream", Tell);
        var turn = response.Header("X-Turn-Id");

        (await response.Content.ReadAsStringAsync()).ShouldBe(
            "id: " + turn + ":1\nevent: started\ndata: {\"session_id\":\"s\",\"turn_id\":\"" + turn + "\"}\n\n"
            + "id: " + turn + ":2\ndata: {\"chunk\":\"Once\"}\n\n"
            + "id: " + turn + ":3\ndata: {\"chunk\":\" upon\"}\n\n"
            + "id: " + turn + ":5\ndata: {\"chunk\":\" a \\u0022time\\u0022\\n\"}\n\n"
            + "id: " + turn + ":6\nevent: done\ndata: {\"finish_reason\":\"STOP\","
            + "\"usage\":{\"input_tokens\":7,\"output_tokens\":4,\"cached_input_tokens\":0},"
            + "\"session_id\":\"s\",\"turn_id\":\"" + turn + "\"}\n\n");
        response.Header("Content-Type").ShouldBe("text/event-stream");
        response.Header("Cache-Control").ShouldBe("no-store, no-transform");
        response.Header("X-Accel-Buffering").ShouldBe("no");
        response.Header("X-Session-Id").ShouldBe("s");
    }

    [Fact]
    public async Task The_first_event_is_out_before_the_engines_last_arrives()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();

        call.Emit("Once");
        using var response = await asking;
        var lines = await response.LinesAsync();
        (await ReadEventAsync(lines)).ShouldContain("event: started");
        (await ReadEventAsync(lines)).ShouldEndWith("data: {\"chunk\":\"Once\"}");

        call.Emit(" upon");
        (await ReadEventAsync(lines)).ShouldEndWith("data: {\"chunk\":\" upon\"}");
        call.Complete();
        (await ReadEventAsync(lines)).ShouldContain("event: done");
        (await lines.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task The_first_id_is_sent_while_the_engine_is_still_silent()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();

        using var response = await gateway.AdvanceUntilAsync(asking, TimeSpan.FromMilliseconds(100));

        var lines = await response.LinesAsync();
        (await lines.NextAsync()).ShouldBe($"id: {response.Header("X-Turn-Id")}:1");
        call.Complete();
    }

    [Fact]
    public async Task Without_a_hold_the_first_id_goes_out_at_once()
    {
        await using var gateway = await Gateway.StartAsync(new() { HeadHold = TimeSpan.Zero });

        using var response = await gateway.PostAsync("/invoke/stream", Tell);

        var lines = await response.LinesAsync();
        (await lines.NextAsync()).ShouldBe($"id: {response.Header("X-Turn-Id")}:1");
        (await gateway.Engine.NextCallAsync()).Complete();
    }

    [Fact]
    public async Task Without_a_hold_every_failure_is_an_error_event()
    {
        await using var gateway = await Gateway.StartAsync(
            new() { HeadHold = TimeSpan.Zero },
            Gateway.Always(_ => EngineOutcome.Failed(new EngineFault(FaultKind.PermissionDenied, "Denied.", 403))));

        using var response = await gateway.PostAsync("/invoke/stream", Tell);

        response.IsSuccessStatusCode.ShouldBeTrue();
        (await response.Content.ReadAsStringAsync()).ShouldContain(
            ":2\nevent: error\ndata: {\"code\":\"engine_permission_denied\",\"message\":\"Denied.\",\"retryable\":false,\"upstream_status\":403,");
    }

    [Fact]
    public async Task A_failure_before_the_first_event_is_a_status()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);

        (await gateway.Engine.NextCallAsync()).Fail(FaultKind.QuotaExceeded, "Quota exceeded.");

        using var response = await asking;
        var problem = await response.ProblemAsync(429, "engine_quota_exceeded");
        problem.Text("detail").ShouldBe("Quota exceeded.");
        problem.Text("turn_id").ShouldBe(response.Header("X-Turn-Id"));
        problem.Text("session_id").ShouldBe("s");
    }

    [Fact]
    public async Task A_failure_after_the_hold_is_an_error_event()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();
        using var response = await gateway.AdvanceUntilAsync(asking, TimeSpan.FromMilliseconds(100));

        call.Fail(FaultKind.Unreachable, "Connection refused.");

        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain(":2\nevent: error\ndata: {\"code\":\"engine_unreachable\",\"message\":\"Connection refused.\",\"retryable\":true,\"trace_id\":\"");
        body.ShouldEndWith("\"}\n\n");
    }

    [Fact]
    public async Task A_failure_after_the_first_event_is_an_error_event_that_says_whether_to_retry()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Emit("half");
            return EngineOutcome.Failed(new EngineFault(FaultKind.StreamError, "Model overloaded.", 429, TimeSpan.FromSeconds(6.2)));
        }));

        using var response = await gateway.PostAsync("/invoke/stream", Tell);

        response.IsSuccessStatusCode.ShouldBeTrue();
        (await response.Content.ReadAsStringAsync()).ShouldContain(
            "{\"code\":\"engine_stream_error\",\"message\":\"Model overloaded. It is not known whether the turn finished: look at what the agent has done "
            + "before sending it again.\",\"retryable\":false,\"state\":\"unknown\",\"upstream_status\":429,\"trace_id\"");
    }

    [Fact]
    public async Task A_cancelled_turn_says_who_cancelled_it()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        (await gateway.Engine.NextCallAsync()).Emit("Once");
        using var response = await asking;

        (await gateway.PostAsync($"/sessions/s/turns/{response.Header("X-Turn-Id")}:cancel", "")).Dispose();

        (await response.Content.ReadAsStringAsync()).ShouldContain(
            "event: error\ndata: {\"code\":\"cancelled\",\"message\":\"The turn was cancelled on request.\",\"retryable\":false,\"reason\":\"requested\"");
    }

    [Fact]
    public async Task Silence_is_filled_with_comment_lines_that_dispatch_nothing()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();
        call.Emit("Once");
        using var response = await asking;
        var lines = await response.LinesAsync();
        await ReadEventAsync(lines);
        await ReadEventAsync(lines);

        (await gateway.AdvanceUntilAsync(lines.NextAsync(), TimeSpan.FromSeconds(1))).ShouldBe(": hb");

        call.Emit("again");
        call.Complete();
        var rest = await lines.ReadToEndAsync();
        rest = rest.Replace(": hb\n", "", StringComparison.Ordinal);
        rest.ShouldStartWith($"id: {response.Header("X-Turn-Id")}:3\ndata: ");
    }

    [Fact]
    public async Task No_comment_comes_before_its_time()
    {
        await using var gateway = await Gateway.StartAsync(new() { HeartbeatInterval = TimeSpan.FromSeconds(20) });
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();
        call.Emit("Once");
        using var response = await asking;
        gateway.Time.Advance(TimeSpan.FromSeconds(19));
        call.Emit("upon");
        gateway.Time.Advance(TimeSpan.FromSeconds(19));
        call.Complete();

        (await response.Content.ReadAsStringAsync()).ShouldNotContain(":\u0020hb");
    }

    [Fact]
    public async Task The_engines_own_events_come_when_asked_for()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Turn.Append("{\n  \"author\": \"a\"\r\n}"u8, default);
            call.Turn.Append("""{"t": "x"}"""u8, "\"x\""u8);
            return new EngineOutcome { Answer = AnswerShape.Text };
        }));

        using var response = await gateway.PostAsync("/invoke/stream?format=events", Tell);

        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain(":2\ndata: {\ndata:   \"author\": \"a\"\ndata: }\n\n");
        body.ShouldContain(":3\ndata: {\"t\": \"x\"}\n\n");
        body.ShouldContain("data: {\"finish_reason\":null,\"usage\":null,");
    }

    [Theory]
    [InlineData("""{"result": 1}""", true)]
    [InlineData("""[1,{"author":"a"}]""", true)]
    [InlineData("""{"x":{"author":"a"}}""", true)]
    [InlineData("\"author\"", true)]
    [InlineData("""{"\ud800":1}""", true)]
    [InlineData("""{"id":"1","x":{"y":[1]},"author":"agent"}""", false)]
    [InlineData("""{"invocation_id":"i"}""", false)]
    [InlineData("""{"invocationId":"i"}""", false)]
    [InlineData("""{"content":null}""", false)]
    public async Task An_event_without_text_is_passed_on_unless_it_is_an_agents(string raw, bool passed)
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Turn.Append(Encoding.UTF8.GetBytes(raw), default);
            return new EngineOutcome { Answer = AnswerShape.Events };
        }));

        using var response = await gateway.PostAsync("/invoke/stream", Tell);

        (await response.Content.ReadAsStringAsync()).Contains($":2\ndata: {raw}\n\n", StringComparison.Ordinal).ShouldBe(passed);
    }

    [Fact]
    public async Task Large_events_arrive_whole()
    {
        var large = new string('x', 300_000);
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Emit(large, "y", large);
            return new EngineOutcome { Answer = AnswerShape.Text };
        }));

        using var response = await gateway.PostAsync("/invoke/stream", Tell);

        var body = await response.Content.ReadAsStringAsync();
        body.ShouldContain($":2\ndata: {{\"chunk\":\"{large}\"}}\n\nid: ");
        body.ShouldContain($":4\ndata: {{\"chunk\":\"{large}\"}}\n\nid: ");
        body.ShouldContain(":5\nevent: done\n");
    }

    [Fact]
    public async Task A_stream_is_never_compressed()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Emit(new string('x', 10_000));
            return new EngineOutcome { Answer = AnswerShape.Text };
        }));

        using var response = await gateway.PostAsync("/invoke/stream", Tell, ("Accept-Encoding", "br, gzip"));

        response.Header("Content-Encoding").ShouldBe("");
        (await response.Content.ReadAsStringAsync()).ShouldContain("event: done");
    }

    [Fact]
    public async Task A_repeat_with_its_key_watches_the_same_turn()
    {
        await using var gateway = await Gateway.StartAsync();
        var first = gateway.PostAsync("/invoke/stream", Tell, ("Idempotency-Key", "k"));
        var call = await gateway.Engine.NextCallAsync();
        call.Emit("Once");
        var second = gateway.PostAsync("/invoke/stream", Tell, ("Idempotency-Key", "k"));
        using var one = await first;
        using var two = await second;
        call.Complete();

        (await two.Content.ReadAsStringAsync()).ShouldBe(await one.Content.ReadAsStringAsync());
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Losing_the_client_does_not_end_the_turn()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();
        call.Emit("Once");
        string turn;
        using (var response = await asking)
        {
            turn = response.Header("X-Turn-Id");
        }

        gateway.Time.Advance(TimeSpan.FromSeconds(20));
        using var resumed = await gateway.PostAsync("/invoke/stream", Tell, ("Last-Event-ID", turn + ":2"));
        call.Emit(" upon");
        call.Complete();

        (await resumed.Content.ReadAsStringAsync()).ShouldStartWith($"id: {turn}:3\ndata: {{\"chunk\":\" upon\"}}\n\nid: {turn}:4\nevent: done\n");
    }

    [Fact]
    public async Task A_detached_stream_may_be_left_for_good()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell, ("Prefer", "respond-async"));
        var call = await gateway.Engine.NextCallAsync();
        call.Emit("Once");
        using var response = await asking;

        call.Turn.Request.Grace.ShouldBeNull();
        response.Header("Preference-Applied").ShouldBe("respond-async");
        call.Complete();
    }

    [Theory]
    [InlineData("reject", 409, "session_busy")]
    [InlineData("queue", 429, "queue_full")]
    public async Task A_busy_session_refuses_as_it_was_asked_to(string onBusy, int status, string code)
    {
        await using var gateway = await Gateway.StartAsync(limits: new() { QueuedTurns = 0 });
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();

        using var refused = await gateway.PostAsync("/invoke/stream", $$"""{"text":"x","session_id":"s","on_busy":"{{onBusy}}"}""");

        await refused.ProblemAsync(status, code);
        call.Complete();
        (await asking).Dispose();
    }

    [Fact]
    public async Task An_interrupted_turn_that_said_nothing_is_a_conflict()
    {
        await using var gateway = await Gateway.StartAsync();
        var first = gateway.PostAsync("/invoke/stream", Tell);
        await gateway.Engine.NextCallAsync();

        var second = gateway.PostAsync("/invoke/stream", """{"text":"x","session_id":"s","on_busy":"interrupt"}""");

        using var response = await first;
        (await response.ProblemAsync(409, "turn_cancelled")).Text("reason").ShouldBe("interrupted");
        (await gateway.Engine.NextCallAsync()).Complete();
        (await second).Dispose();
    }

    [Fact]
    public async Task A_session_belongs_to_one_user()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ => new EngineOutcome { Answer = AnswerShape.Text }));
        (await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s","user_id":"ann"}""")).Dispose();

        using var response = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s","user_id":"bob"}""");

        await response.ProblemAsync(409, "session_user_mismatch");
    }

    [Fact]
    public async Task A_format_that_does_not_exist_is_refused_by_name()
    {
        await using var gateway = await Gateway.StartAsync();

        using var response = await gateway.PostAsync("/invoke/stream?format=xml", Tell);

        (await response.ProblemAsync(400, "invalid_request")).ErrorPaths().ShouldBe(["format"]);
        gateway.Engine.Calls.ShouldBe(0);
    }

    private static async Task<string> ReadEventAsync(StreamReader lines)
    {
        var all = new StringBuilder();
        while (await lines.NextAsync() is { Length: > 0 } line)
        {
            all.Append(all.Length > 0 ? "\n" : "").Append(line);
        }

        return all.ToString();
    }
}
