using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class SessionRouteTests
{
    [Fact]
    public async Task A_session_tells_its_turns_in_order()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => call.Text == "\"bad\""
            ? EngineOutcome.Failed(new EngineFault(FaultKind.ColdStart, "Cold.", 400))
            : new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP", Usage = new TokenUsage(1, 2) }));
        (await gateway.PostAsync("/invoke", """{"text":"good","session_id":"a:b@c","user_id":"ann"}""")).Dispose();
        (await gateway.PostAsync("/invoke", """{"text":"bad","session_id":"a:b@c"}""")).Dispose();

        using var response = await gateway.GetAsync("/sessions/a:b@c");

        var session = await response.JsonAsync();
        session.Text("session_id").ShouldBe("a:b@c");
        session.Text("user_id").ShouldBe("ann");
        session.Text("created_at").ShouldBe("2026-01-01T00:00:00+00:00");
        var turns = session.GetProperty("turns").EnumerateArray().ToList();
        turns.Select(turn => turn.Text("state")).ShouldBe(["completed", "failed"]);
        turns[0].Text("finish_reason").ShouldBe("STOP");
        turns[0].GetProperty("usage").GetProperty("output_tokens").GetInt32().ShouldBe(2);
        turns[0].Text("cursor").ShouldBe(turns[0].Text("turn_id") + ":2");
        turns[1].GetProperty("error").Text("code").ShouldBe("engine_cold_start");
        turns[1].GetProperty("error").GetProperty("retryable").GetBoolean().ShouldBeTrue();
        response.Header("Cache-Control").ShouldBe("no-store");
    }

    [Fact]
    public async Task A_turn_is_found_by_its_session_and_no_other()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ => new EngineOutcome { Answer = AnswerShape.Text }));
        using var asked = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");
        var turn = asked.Header("X-Turn-Id");

        using var found = await gateway.GetAsync($"/sessions/s/turns/{turn}");
        using var elsewhere = await gateway.GetAsync($"/sessions/t/turns/{turn}");
        using var malformed = await gateway.GetAsync("/sessions/s/turns/x");

        (await found.JsonAsync()).Text("state").ShouldBe("completed");
        await elsewhere.ProblemAsync(404, "unknown_turn");
        await malformed.ProblemAsync(404, "unknown_turn");
    }

    [Fact]
    public async Task Cancelling_reaches_the_engine_and_only_by_the_right_path()
    {
        await using var gateway = await Gateway.StartAsync();
        using var accepted = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""", ("Prefer", "respond-async"));
        var call = await gateway.Engine.NextCallAsync();
        var turn = accepted.Header("X-Turn-Id");

        using var wrong = await gateway.PostAsync($"/sessions/t/turns/{turn}:cancel", "");
        await wrong.ProblemAsync(404, "unknown_turn");
        call.Cancelled.ShouldBeFalse();
        using var right = await gateway.PostAsync($"/sessions/s/turns/{turn}:cancel", "");

        ((int)right.StatusCode).ShouldBe(200);
        await call.CancelledAsync();
        using var after = await gateway.PostAsync("/invoke/stream", "", ("Last-Event-ID", $"{turn}:0"));
        (await after.Content.ReadAsStringAsync()).ShouldContain("\"reason\":\"requested\"");
        using var again = await gateway.PostAsync($"/sessions/s/turns/{turn}:cancel", "");
        (await again.JsonAsync()).Text("state").ShouldBe("cancelled");
    }

    [Fact]
    public async Task A_forgotten_session_is_gone_with_its_turns()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ => new EngineOutcome { Answer = AnswerShape.Text }));
        using var asked = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");

        using var forgotten = await gateway.SendAsync(HttpMethod.Delete, "/sessions/s");
        using var again = await gateway.SendAsync(HttpMethod.Delete, "/sessions/s");
        using var session = await gateway.GetAsync("/sessions/s");
        using var cursor = await gateway.PostAsync("/invoke/stream", "", ("Last-Event-ID", asked.Header("X-Turn-Id") + ":1"));

        ((int)forgotten.StatusCode).ShouldBe(204);
        await again.ProblemAsync(404, "unknown_session");
        await session.ProblemAsync(404, "unknown_session");
        await cursor.ProblemAsync(404, "unknown_cursor");
    }

    [Fact]
    public async Task HEAD_is_GET_without_its_body()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ => new EngineOutcome { Answer = AnswerShape.Text }));
        using var asked = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");

        foreach (var path in new[] { "/sessions/s", "/card", "/_health", "/openapi.json", "/readyz" })
        {
            using var head = await gateway.SendAsync(HttpMethod.Head, path);
            using var get = await gateway.GetAsync(path);
            head.StatusCode.ShouldBe(get.StatusCode, path);
            head.Content.Headers.ContentLength.ShouldBe(get.Content.Headers.ContentLength, path);
            (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty(path);
        }

        using var events = await gateway.SendAsync(HttpMethod.Head, $"/sessions/s/turns/{asked.Header("X-Turn-Id")}/events");
        events.Header("Content-Type").ShouldBe("text/event-stream");
        (await events.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }
}
