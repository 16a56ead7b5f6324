using System.Net;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Tests;

public sealed class ScriptTests : EmulatorTest
{
    private const string Ping = """{"input":{"text":"ping"}}""";

    [Fact]
    public async Task Script_waits_for_the_call_it_is_meant_for()
    {
        Control.Enqueue(
            new Script { Engine = "other", Fault = Fault.NotFound },
            new Script { Verb = Verb.StreamQuery, Fault = Fault.Internal },
            new Script { ClassMethod = "async_create_session", Fault = Fault.Forbidden },
            new Script { MessageContains = "pin", Nth = 2, Times = 2, Fault = Fault.Unavailable });
        (await Statuses(5)).ShouldBe([200, 503, 503, 200, 200]);
        using var stream = await Stream("echo", Ping);
        stream.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        using var create = await Query("adk", """{"class_method":"async_create_session","input":{"user_id":"u"}}""");
        create.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var other = await Query("other", Ping);
        other.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Rate_is_kept_and_repeats_with_the_seed()
    {
        Control.Enqueue(new Script { Rate = 0.3, Times = 0, Fault = Fault.Unavailable });
        var first = await Statuses(200);
        first.Count(s => s == 503).ShouldBeInRange(40, 80);
        Control.Reset();
        Control.Enqueue(new Script { Rate = 0.3, Times = 0, Fault = Fault.Unavailable });
        (await Statuses(200)).ShouldBe(first);
    }

    [Fact]
    public async Task Faults_are_drawn_each_in_its_share_and_repeat_with_the_seed()
    {
        const string Mixed = """{"rate":0.4,"times":0,"faults":["quota","unavailable","internal","not-found"]}""";
        using var queued = await Post("/_emulator/scripts", Mixed);
        var first = await Statuses(300);
        first.GroupBy(s => s).Where(g => g.Key != 200).Select(g => g.Key).Order().ShouldBe([404, 429, 500, 503]);
        first.Count(s => s != 200).ShouldBeInRange(90, 150);
        var counters = Control.Counters;
        counters.Faults.Values.Sum().ShouldBe(first.Count(s => s != 200));
        counters.FaultCount(Fault.Quota).ShouldBe(first.Count(s => s == 429));
        Control.Reset();
        using var again = await Post("/_emulator/scripts", Mixed);
        (await Statuses(300)).ShouldBe(first);
    }

    [Theory]
    [InlineData("faults=quota,nonsense")]
    [InlineData("faults=")]
    [InlineData("fault=nonsense")]
    [InlineData("nonsense=1")]
    [InlineData("after=-1")]
    [InlineData("delay=5")]
    [InlineData("hold=3")]
    public async Task Wrong_script_is_refused_with_its_key(string script)
    {
        using var response = await Stream("echo", Ping, script);
        (await Error(response, 400))["message"]!.GetValue<string>().ShouldContain(script.Split('=')[0]);
    }

    [Fact]
    public async Task Control_api_queues_scripts_opens_gates_and_tells_what_happened()
    {
        using var queued = await Post("/_emulator/scripts", """
            [{"engine":"echo","fault":"quota","retryDelay":"2s"},{"holds":["first@door"],"lines":["{\"x\":1}"]}]
            """);
        queued.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var refused = await Query("echo", Ping);
        ((int)refused.StatusCode).ShouldBe(429);

        using var held = await Stream("echo", Ping);
        var body = held.Content.ReadAsStringAsync();
        await Control.Gate("door").WaitForArrivalAsync();
        JsonNode.Parse(await Http.GetStringAsync("/_emulator/gates/door"))!["waiting"]!.GetValue<int>().ShouldBe(1);
        body.IsCompleted.ShouldBeFalse();
        using var opened = await Post("/_emulator/gates/door:open", "");
        opened.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await body).ShouldBe("{\"x\":1}\n");

        await Control.WaitForEndAsync(c => c.Verb == Verb.StreamQuery);
        var counters = JsonNode.Parse(await Http.GetStringAsync("/_emulator/counters"))!;
        counters["faults"]!["quota"]!.GetValue<int>().ShouldBe(1);
        counters["turns"]!["ping"]!.GetValue<int>().ShouldBe(1);
        var calls = JsonNode.Parse(await Http.GetStringAsync("/_emulator/calls?verb=streamQuery"))!.AsArray();
        calls.Single()!["message"]!.GetValue<string>().ShouldBe("ping");
        calls[0]!["outcome"]!.GetValue<string>().ShouldBe("Completed");

        using var reset = await Post("/_emulator/reset", "");
        (await Http.GetStringAsync("/_emulator/calls")).ShouldBe("[]");
    }

    [Fact]
    public async Task Control_api_takes_all_scripts_or_none()
    {
        using var response = await Post("/_emulator/scripts", """[{"fault":"quota"},{"fault":"qota"}]""");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("qota");
        (await Statuses(1)).ShouldBe([200]);
    }

    [Theory]
    [InlineData("headers", false, 0)]
    [InlineData("first", true, 0)]
    [InlineData("2", true, 1)]
    [InlineData("end", true, 3)]
    public async Task Gate_holds_the_response_at_its_place(string place, bool headers, int events)
    {
        var response = Stream("echo", Ping, $"hold={place}@g;text=a b c");
        await Control.Gate("g").WaitForArrivalAsync();
        var call = Control.Calls.Single();
        (call.FirstByteAt is not null).ShouldBe(headers);
        call.EventsSent.ShouldBe(events);
        call.RanTurn.ShouldBeTrue();
        if (!headers) response.IsCompleted.ShouldBeFalse();
        Control.Gate("g").Open();
        using var message = await response;
        (await message.Content.ReadAsStringAsync()).Count(c => c == '\n').ShouldBe(3);
    }

    [Fact]
    public async Task Unary_answer_is_held_at_a_gate_too()
    {
        Control.Enqueue(new Script { Holds = [Hold.BeforeHeaders("g")] });
        var response = Query("echo", Ping);
        await Control.Gate("g").WaitForArrivalAsync();
        Control.Counters.TurnsRun("ping").ShouldBe(1);
        response.IsCompleted.ShouldBeFalse();
        Control.Gate("g").Open();
        (await response).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Client_that_leaves_is_recorded_and_its_agent_stops()
    {
        var session = await NewSession();
        Control.Enqueue(new Script { Holds = [Hold.BeforeEvent(2, "g")] });
        using var leaving = new CancellationTokenSource();
        using var response = await Stream("adk", Turn("hello there", session, sse: true), cancellation: leaving.Token);
        await Control.Gate("g").WaitForArrivalAsync();
        await leaving.CancelAsync();
        response.Dispose();
        var call = await Control.WaitForEndAsync(c => c.CancelledAt is not null);
        call.Outcome.ShouldBe(CallOutcome.Cancelled);
        call.EventsSent.ShouldBe(1);
        Control.Counters.Cancelled.ShouldBe(1);
        (await Kept(session)).ShouldBe(["user"]);
    }

    [Fact]
    public async Task Agent_finishes_unseen_when_scripted_so()
    {
        var session = await NewSession();
        Control.Enqueue(new Script { Holds = [Hold.BeforeEvent(2, "g")], Turn = TurnReach.Completed });
        using var response = await Stream("adk", Turn("hello there", session, sse: true));
        await Control.Gate("g").WaitForArrivalAsync();
        response.Dispose();
        await Control.WaitForEndAsync(c => c.CancelledAt is not null);
        (await Kept(session)).ShouldBe(["user", "root_agent"]);
    }

    [Fact]
    public async Task Call_keeps_the_headers_a_gateway_must_pass_on_but_not_the_token()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Root + "echo:query") { Content = Json(Ping) };
        request.Headers.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        request.Headers.Add("X-Cloud-Trace-Context", "4bf92f3577b34da6a3ce929d0e0e4736/1;o=1");
        request.Headers.Add("x-goog-user-project", "billing");
        request.Headers.Add("Authorization", "Bearer secret-token");
        using var response = await Http.SendAsync(request);
        var call = await Control.WaitForEndAsync();
        call.Traceparent.ShouldBe("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        call.CloudTraceContext.ShouldBe("4bf92f3577b34da6a3ce929d0e0e4736/1;o=1");
        call.UserProject.ShouldBe("billing");
        call.HasBearer.ShouldBeTrue();
        call.BearerHash!.Length.ShouldBe(16);
        call.Body.ShouldBe(Ping);
        (await Http.GetStringAsync("/_emulator/calls")).ShouldNotContain("secret-token");
    }

    [Fact]
    public async Task Waiting_for_what_never_comes_fails_and_says_what_came()
    {
        await Statuses(1);
        var e = await Should.ThrowAsync<TimeoutException>(() => Control.WaitForCancelAsync(limit: TimeSpan.FromMilliseconds(1)));
        e.Message.ShouldContain("#1 query");
    }

    [Fact]
    public async Task Connections_and_concurrent_calls_are_counted()
    {
        Control.Enqueue(new Script { Times = 3, Holds = [Hold.BeforeHeaders("g")] });
        var calls = Enumerable.Range(0, 3).Select(_ => Query("echo", Ping)).ToList();
        await Control.Gate("g").WaitForArrivalAsync(3);
        Control.Counters.Running.ShouldBe(3);
        Control.Gate("g").Open();
        await Task.WhenAll(calls);
        await Control.WaitForEndAsync(nth: 3);
        var counters = Control.Counters;
        counters.MaxRunning.ShouldBe(3);
        counters.ConnectionsAccepted.ShouldBe(3);
        counters.Running.ShouldBe(0);
    }

    private async Task<List<int>> Statuses(int count)
    {
        var statuses = new List<int>();
        for (var i = 0; i < count; i++)
        {
            using var response = await Query("echo", Ping);
            statuses.Add((int)response.StatusCode);
        }
        return statuses;
    }

    private async Task<List<string>> Kept(string session) =>
        [.. JsonNode.Parse(await Http.GetStringAsync($"{Root}adk/sessions/{session}/events"))!["sessionEvents"]!.AsArray().Select(e => e!["author"]!.GetValue<string>())];
}
