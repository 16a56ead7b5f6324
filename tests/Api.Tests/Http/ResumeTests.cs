using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class ResumeTests
{
    private const string Tell = """{"text":"tell","session_id":"s"}""";

    [Fact]
    public async Task A_cursor_goes_on_behind_what_was_seen_and_starts_no_turn()
    {
        await using var gateway = await ToldAsync();
        var (turn, whole) = await TellAsync(gateway);

        using var resumed = await gateway.PostAsync("/invoke/stream", Tell, ("Last-Event-ID", $"{turn}:2"));

        (await resumed.Content.ReadAsStringAsync()).ShouldBe(whole[whole.IndexOf($"id: {turn}:3", StringComparison.Ordinal)..]);
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task From_before_the_first_event_everything_comes_again_word_for_word()
    {
        await using var gateway = await ToldAsync();
        var (turn, whole) = await TellAsync(gateway);

        using var byCursor = await gateway.GetAsync($"/sessions/s/turns/{turn}/events", ("Last-Event-ID", $"{turn}:0"));
        using var byPath = await gateway.GetAsync($"/sessions/s/turns/{turn}/events");
        using var byQuery = await gateway.GetAsync($"/sessions/s/turns/{turn}/events?after=1");

        (await byCursor.Content.ReadAsStringAsync()).ShouldBe(whole);
        (await byPath.Content.ReadAsStringAsync()).ShouldBe(whole);
        (await byQuery.Content.ReadAsStringAsync()).ShouldBe(whole[whole.IndexOf($"id: {turn}:2", StringComparison.Ordinal)..]);
        byPath.Header("Content-Type").ShouldBe("text/event-stream");
    }

    [Fact]
    public async Task After_the_end_a_GET_has_nothing_more_to_come_for()
    {
        await using var gateway = await ToldAsync();
        var (turn, _) = await TellAsync(gateway);

        using var byCursor = await gateway.GetAsync($"/sessions/s/turns/{turn}/events", ("Last-Event-ID", $"{turn}:4"));
        using var byQuery = await gateway.GetAsync($"/sessions/s/turns/{turn}/events?after=4");

        ((int)byCursor.StatusCode).ShouldBe(204);
        byCursor.Header("X-Turn-Id").ShouldBe(turn);
        ((int)byQuery.StatusCode).ShouldBe(204);
    }

    [Fact]
    public async Task After_the_end_a_POST_gets_the_last_event_again()
    {
        await using var gateway = await ToldAsync();
        var (turn, whole) = await TellAsync(gateway);

        using var again = await gateway.PostAsync("/invoke/stream", Tell, ("Last-Event-ID", $"{turn}:4"));

        (await again.Content.ReadAsStringAsync()).ShouldBe(whole[whole.IndexOf($"id: {turn}:4", StringComparison.Ordinal)..]);
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_turn_is_told_as_events_when_it_is_asked_for_later()
    {
        await using var gateway = await Gateway.StartAsync(
            engine: Gateway.Always(_ => EngineOutcome.Failed(new EngineFault(FaultKind.Unavailable, "Down.", 503))));
        using var failed = await gateway.PostAsync("/invoke/stream", Tell);
        await failed.ProblemAsync(503, "engine_unavailable");
        var turn = failed.Header("X-Turn-Id");

        using var resumed = await gateway.GetAsync($"/sessions/s/turns/{turn}/events");

        ((int)resumed.StatusCode).ShouldBe(200);
        (await resumed.Content.ReadAsStringAsync()).ShouldContain($"id: {turn}:2\nevent: error\ndata: {{\"code\":\"engine_unavailable\"");
    }

    [Fact]
    public async Task Behind_the_newest_event_of_a_live_turn_the_head_comes_at_once()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke/stream", Tell);
        var call = await gateway.Engine.NextCallAsync();
        call.Emit("Once");
        using var response = await asking;
        var turn = response.Header("X-Turn-Id");

        using var second = await gateway.GetAsync($"/sessions/s/turns/{turn}/events?after=2");
        ((int)second.StatusCode).ShouldBe(200);
        call.Complete();

        (await second.Content.ReadAsStringAsync()).ShouldStartWith($"id: {turn}:3\nevent: done\n");
    }

    [Theory]
    [InlineData("{0}:5")]
    [InlineData("{0}:99999999999")]
    [InlineData("00000000000000000000000000000000:1")]
    [InlineData("42")]
    [InlineData("{0}")]
    [InlineData("{0}:")]
    [InlineData("{0}:-1")]
    [InlineData("not a cursor at all")]
    public async Task An_unknown_or_foreign_cursor_is_a_404_that_says_so(string form)
    {
        await using var gateway = await ToldAsync();
        var (turn, _) = await TellAsync(gateway);
        var cursor = form.Replace("{0}", turn, StringComparison.Ordinal);

        using var streamed = await gateway.PostAsync("/invoke/stream", Tell, ("Last-Event-ID", cursor));
        using var followed = await gateway.GetAsync($"/sessions/s/turns/{turn}/events", ("Last-Event-ID", cursor));

        (await streamed.ProblemAsync(404, "unknown_cursor")).Text("detail").ShouldContain("cursor");
        await followed.ProblemAsync(404, "unknown_cursor");
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_cursor_of_one_turn_does_not_open_another()
    {
        await using var gateway = await ToldAsync();
        var (first, _) = await TellAsync(gateway);
        var (second, _) = await TellAsync(gateway);

        using var crossed = await gateway.GetAsync($"/sessions/s/turns/{first}/events", ("Last-Event-ID", $"{second}:1"));
        using var elsewhere = await gateway.GetAsync($"/sessions/other/turns/{first}/events");

        await crossed.ProblemAsync(404, "unknown_cursor");
        await elsewhere.ProblemAsync(404, "unknown_cursor");
    }

    [Fact]
    public async Task What_the_log_no_longer_holds_is_told_as_a_gap()
    {
        await using var gateway = await Gateway.StartAsync(
            limits: new() { LogEvents = 2 },
            engine: Gateway.Always(call =>
            {
                call.Emit("a", "b", "c", "d", "e");
                return new EngineOutcome { Answer = AnswerShape.Text };
            }));
        var (turn, told) = await TellAsync(gateway);

        using var fromStart = await gateway.GetAsync($"/sessions/s/turns/{turn}/events");
        using var fromThree = await gateway.GetAsync($"/sessions/s/turns/{turn}/events?after=3");

        told.ShouldContain($"id: {turn}:4\nevent: gap\ndata: {{\"from\":2,\"to\":4}}\n\nid: {turn}:5\ndata: {{\"chunk\":\"d\"}}\n\n");
        (await fromStart.Content.ReadAsStringAsync()).ShouldBe(told);
        (await fromThree.Content.ReadAsStringAsync()).ShouldStartWith($"id: {turn}:4\nevent: gap\ndata: {{\"from\":4,\"to\":4}}\n\n");
    }

    [Fact]
    public async Task An_after_that_is_no_sequence_is_refused_by_name()
    {
        await using var gateway = await ToldAsync();
        var (turn, _) = await TellAsync(gateway);

        using var response = await gateway.GetAsync($"/sessions/s/turns/{turn}/events?after=-1");

        (await response.ProblemAsync(400, "invalid_request")).ErrorPaths().ShouldBe(["after"]);
    }

    [Fact]
    public async Task An_empty_cursor_is_none()
    {
        await using var gateway = await ToldAsync();

        using var response = await gateway.PostAsync("/invoke/stream", Tell, ("Last-Event-ID", ""));

        response.IsSuccessStatusCode.ShouldBeTrue();
        gateway.Engine.Calls.ShouldBe(1);
    }

    private static Task<Gateway> ToldAsync() => Gateway.StartAsync(engine: Gateway.Always(call =>
    {
        call.Emit("Once", " upon");
        return new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP" };
    }));

    private static async Task<(string Turn, string Body)> TellAsync(Gateway gateway)
    {
        using var response = await gateway.PostAsync("/invoke/stream", Tell);
        return (response.Header("X-Turn-Id"), await response.Content.ReadAsStringAsync());
    }
}
