using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class AnswerTests
{
    [Fact]
    public async Task A_query_is_carried_both_ways_word_for_word()
    {
        await using var stub = await StubEngine.StartAsync(200, "{\n  \"output\": \"caf\\u00e9\"\n}\n");
        await using var bench = new Bench(stub);
        var turn = FakeTurn.Saying("h\"i ü", Delivery.Whole);
        var outcome = await bench.RunAsync(turn);

        outcome.Fault.ShouldBeNull();
        outcome.Answer.ShouldBe(AnswerShape.Verbatim);
        turn.Raw.ShouldBe(["{\n  \"output\": \"caf\\u00e9\"\n}"]);
        turn.Texts.ShouldBe(["\"caf\\u00e9\""]);
        var seen = stub.Seen.Single();
        seen.Path.ShouldBe("/v1beta1/projects/p1/locations/us-central1/reasoningEngines/42:query");
        JsonDocument.Parse(seen.Body).RootElement.GetProperty("input").GetProperty("text").GetString().ShouldBe("h\"i ü");
        seen.Headers["Content-Type"].ShouldBe("application/json");
        seen.Headers["Accept"].ShouldBe("application/json");
        seen.Headers.ShouldNotContainKey("Authorization");
    }

    [Theory]
    [InlineData("{\"output\":{\"a\":1}}", "")]
    [InlineData("{\"output\":null}", "")]
    [InlineData("{}", "")]
    [InlineData("{\"other\":1,\"output\":\"x\"}", "\"x\"")]
    public async Task A_query_may_answer_anything(string body, string text)
    {
        await using var stub = await StubEngine.StartAsync(200, body);
        await using var bench = new Bench(stub);
        var turn = FakeTurn.Giving("""{"x":1}""", Delivery.Whole);
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();
        turn.Raw.ShouldBe([body]);
        turn.Texts.ShouldBe([text]);
        stub.Seen.Single().Body.ShouldBe("""{"input":{"x":1}}""");
    }

    [Theory]
    [InlineData("{\"chunk\":\"a\"}\n{\"chunk\":\"\"}\n", AnswerShape.Text, "\"a\"|\"\"")]
    [InlineData("\"a\"\n\"b\"\n", AnswerShape.Text, "\"a\"|\"b\"")]
    [InlineData("{\"chunk\":\"a\"}\n{\"x\":1}\n", AnswerShape.Events, "\"a\"|")]
    [InlineData("1\n2\n", AnswerShape.Events, "|")]
    [InlineData("{\"code\":500,\"message\":\"m\",\"chunk\":\"a\"}\n", AnswerShape.Text, "\"a\"")]
    [InlineData("{\"error\":\"e\",\"x\":1}\n", AnswerShape.Events, "")]
    [InlineData("{\"code\":200,\"message\":\"fine\"}\n", AnswerShape.Events, "")]
    public async Task A_stream_of_a_plain_engine_has_the_text_its_events_have(string body, AnswerShape shape, string texts)
    {
        await using var stub = await StubEngine.StartAsync(200, body);
        await using var bench = new Bench(stub);
        var turn = FakeTurn.Saying("x");
        var outcome = await bench.RunAsync(turn);
        outcome.Fault.ShouldBeNull();
        outcome.Answer.ShouldBe(shape);
        string.Join('|', turn.Texts).ShouldBe(texts);
        turn.Raw.ShouldBe(body.TrimEnd('\n').Split('\n'));
        stub.Seen.Single().Headers["Accept"].ShouldBe("text/event-stream");
        stub.Seen.Single().Path.ShouldEndWith(":streamQuery");
    }

    [Fact]
    public async Task Tokens_and_their_whole_repetition_make_the_text_once()
    {
        var outcome = await SaidAsync(
            "Hello, world 🙂!",
            Event("a", "Hel", partial: true),
            Event("a", "lo, wor", partial: true),
            Event("a", "ld 🙂!", partial: true),
            Event("a", "Hello, world 🙂!"));
        outcome.Answer.ShouldBe(AnswerShape.Text);
    }

    [Fact]
    public Task What_the_whole_message_has_more_than_its_tokens_is_said() =>
        SaidAsync("Hello, \"world\"", Event("a", "Hello", partial: true), Event("a", "Hello, \"world\""));

    [Fact]
    public Task A_message_that_came_without_tokens_is_said_whole() => SaidAsync("Hello", Event("a", "Hello"));

    [Fact]
    public Task A_whole_message_that_says_something_else_is_said_too() =>
        SaidAsync("HelHallo", Event("a", "Hel", partial: true), Event("a", "Hallo"));

    [Fact]
    public Task Messages_around_a_tool_call_are_each_said_once() => SaidAsync(
        "Let me look.It is ten.",
        Event("a", "Let me ", partial: true),
        Event("a", "look.", partial: true),
        Event("a", "Let me look."),
        """{"content":{"parts":[{"function_call":{"name":"t"}}],"role":"model"},"author":"a"}""",
        """{"content":{"parts":[{"function_response":{"name":"t"}}],"role":"user"},"author":"a"}""",
        Event("a", "It is ", partial: true),
        Event("a", "ten.", partial: true),
        Event("a", "It is ten."));

    [Fact]
    public Task A_message_whose_repetition_was_left_out_for_a_tool_call_does_not_spoil_the_next() => SaidAsync(
        "Let me look.It is ten.",
        Event("a", "Let me look.", partial: true),
        """{"content":{"parts":[{"functionCall":{"name":"t"}}],"role":"model"},"author":"a"}""",
        Event("a", "It is ten.", partial: true),
        Event("a", "It is ten."));

    [Fact]
    public Task Agents_that_talk_at_the_same_time_are_kept_apart() => SaidAsync(
        "one two ONE TWO",
        Event("a", "one ", partial: true),
        Event("b", "two ", partial: true),
        Event("a", "one ONE "),
        Event("b", "two TWO"));

    [Fact]
    public Task Thoughts_are_not_said_and_parts_are_joined() => SaidAsync(
        "ab\"c",
        """{"content":{"parts":[{"thought":true,"text":"hm"},{"text":"a"},{"text":"b\"c"},{"text":"more","thought":true}]},"author":"a"}""");

    [Fact]
    public async Task Usage_is_counted_once_for_each_model_call_in_either_spelling()
    {
        var outcome = await SaidAsync(
            "xy",
            """{"content":{"parts":[{"text":"x"}]},"partial":true,"usage_metadata":{"prompt_token_count":99,"candidates_token_count":99}}""",
            """{"content":{"parts":[{"text":"x"}]},"finish_reason":"STOP","usage_metadata":{"prompt_token_count":10,"candidates_token_count":2,"cached_content_token_count":4}}""",
            """{"content":{"parts":[{"text":"y"}]},"finishReason":"MAX_TOKENS","usageMetadata":{"promptTokenCount":20.0,"candidatesTokenCount":3}}""");
        outcome.Usage.ShouldBe(new TokenUsage(30, 5, 4));
        outcome.FinishReason.ShouldBe("MAX_TOKENS");
    }

    [Fact]
    public async Task An_error_of_the_model_is_the_finish_reason_and_does_not_end_the_stream()
    {
        var outcome = await SaidAsync("x", """{"author":"a","error_code":"SAFETY","error_message":"no"}""", Event("a", "x"));
        outcome.FinishReason.ShouldBe("SAFETY");
    }

    [Fact]
    public async Task Events_that_arrive_together_are_published_once()
    {
        await using var stub = await StubEngine.StartAsync(200, "{\"chunk\":\"a\"}\n{\"chunk\":\"b\"}\n{\"chunk\":\"c\"}\n");
        await using var bench = new Bench(stub);
        var turn = FakeTurn.Saying("x");
        await bench.RunAsync(turn);
        turn.Raw.Count.ShouldBe(3);
        turn.Publications.ShouldBe(1);
    }

    [Fact]
    public async Task An_event_is_passed_on_before_the_next_one_is_sent()
    {
        var go = new TaskCompletionSource();
        await using var stub = await StubEngine.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync("{\"chunk\":\"a\"}\n");
            await context.Response.Body.FlushAsync();
            await go.Task;
            await context.Response.WriteAsync("{\"chunk\":\"b\"}\n");
        });
        await using var bench = new Bench(stub);
        var turn = FakeTurn.Saying("x");
        var running = bench.RunAsync(turn);
        await turn.PublishedAsync();
        turn.Said.ShouldBe("a");
        go.SetResult();
        (await running).Fault.ShouldBeNull();
        turn.Said.ShouldBe("ab");
    }

    [Fact]
    public async Task A_late_error_behind_a_whole_answer_is_left_at_that()
    {
        await SaidAsync("Hello", Event("a", "Hello"), """{"code": 498, "message": "Connection closed"}""");
    }

    [Fact]
    public async Task A_late_error_behind_half_an_answer_is_an_error()
    {
        await using var stub = await StubEngine.StartAsync(200, Event("a", "Hel", partial: true) + "\n{\"code\": 498, \"message\": \"Connection closed\"}\n");
        await using var bench = new Bench(stub);
        var fault = (await bench.RunAsync(FakeTurn.Saying("x"))).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.StreamError);
        fault.UpstreamStatus.ShouldBe(498);
    }

    private static async Task<EngineOutcome> SaidAsync(string said, params string[] events)
    {
        await using var stub = await StubEngine.StartAsync(200, string.Concat(events.Select(e => e + "\n")));
        await using var bench = new Bench(stub, with: options => options with { Dialect = DialectChoice.Adk });
        var turn = FakeTurn.Saying("x");
        turn.EngineSession = new EngineSession("default", "us-central1", "e1");
        var outcome = await bench.RunAsync(turn);
        outcome.Fault.ShouldBeNull();
        turn.Said.ShouldBe(said);
        turn.Raw.ShouldBe(events.Where(e => !e.StartsWith("{\"code\"", StringComparison.Ordinal)));
        return outcome;
    }

    private static string Event(string author, string text, bool partial = false) =>
        $$"""{"content": {"parts": [{"text": {{JsonSerializer.Serialize(text)}}}], "role": "model"}, {{(partial ? "\"partial\": true, " : "")}}"author": "{{author}}"}""";
}
