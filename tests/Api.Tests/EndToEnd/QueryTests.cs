using System.Text;
using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class QueryTests(QueryStage shared) : IClassFixture<QueryStage>
{
    private readonly Stage _stage = shared.Stage;

    [Fact]
    public async Task Text_is_asked_as_the_engine_wants_it_and_the_answer_comes_back_as_it_was_written()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "ping", Times = 2, Output = """{"b" : 1.5, "a": ["\u00e9", null]}""" });

        using var answer = await _stage.PostAsync("/invoke", """{"text":"ping"}""");

        ((int)answer.StatusCode).ShouldBe(200);
        answer.Header("Content-Type").ShouldStartWith("application/json");
        var call = _stage.Engine.Calls.Single(call => call.Message == "ping");
        call.Body.ShouldBe("""{"input":{"text":"ping"}}""");
        call.Path.ShouldBe("/v1beta1/projects/123456789012/locations/us-central1/reasoningEngines/echo:query");
        using var direct = await AskEngineAsync();
        (await answer.Content.ReadAsStringAsync()).ShouldBe((await direct.Content.ReadAsStringAsync()).TrimEnd('\n'));
    }

    [Fact]
    public async Task Input_is_forwarded_as_it_is_and_wins_over_text()
    {
        const string Input = """{ "input" : "as it is",  "config": {"n": 1.50, "s": "\u00e9\/"} }""";

        using var answer = await _stage.PostAsync("/invoke", $$"""{"text":"not this","input":{{Input}}}""");

        ((int)answer.StatusCode).ShouldBe(200);
        _stage.Engine.Calls.Single(call => call.Message == "as it is").Body.ShouldBe($$"""{"input":{{Input}}}""");
    }

    [Fact]
    public async Task First_event_is_out_before_the_engine_has_sent_its_last()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "held story", Holds = [Hold.BeforeEvent(2, "story")] });

        await using var events = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("held story")));
        (await events.NextChunkAsync()).ShouldBe("Once");
        _stage.Engine.Calls.Single(call => call.Message == "held story").EventsSent.ShouldBe(1);
        _stage.Engine.Gate("story").Open();
        var rest = await events.RestAsync();

        rest.Text().ShouldStartWith(" upon a time");
        rest.LastAs("done");
        _stage.Engine.Calls.Single(call => call.Message == "held story").Accept.ShouldBe("text/event-stream");
    }

    [Fact]
    public async Task Stream_may_be_neither_stored_nor_transformed_nor_buffered_nor_compressed()
    {
        using var answer = await _stage.PostAsync("/invoke/stream", Asking.Body("a story"), ("Accept-Encoding", "gzip, br"));

        answer.Header("Content-Type").ShouldBe("text/event-stream");
        answer.Header("Cache-Control").ShouldBe("no-store, no-transform");
        answer.Header("X-Accel-Buffering").ShouldBe("no");
        answer.Header("Content-Encoding").ShouldBeEmpty();
        answer.Content.Headers.ContentLength.ShouldBeNull();
        (await answer.Content.ReadAsStringAsync()).ShouldContain("data: {\"chunk\":\"Once\"}\n\n");
    }

    // The engine's own words, without the gateway between.
    private async Task<HttpResponseMessage> AskEngineAsync()
    {
        using var client = new HttpClient();
        return await client.PostAsync(
            new Uri(_stage.EngineAddress, "/v1beta1/projects/123456789012/locations/us-central1/reasoningEngines/echo:query"),
            new StringContent("""{"input":{"text":"ping"}}""", Encoding.UTF8, "application/json"));
    }
}
