using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

/// <summary>What the engine's client tells of an answer so that a cache can judge whether, and to whom, it may be given again.</summary>
public sealed class CachingTests
{
    private const string Words = """{"content":{"parts":[{"text":"x"}]},"author":"a"}""";
    private const string AdkMethods = """[{"name":"async_create_session","api_mode":"async"},{"name":"async_stream_query","api_mode":"async_stream"}]""";
    private const string PlainMethods = """[{"name":"query","api_mode":""},{"name":"stream_query","api_mode":"stream"}]""";

    [Theory]
    [InlineData("""{"content":{"parts":[{"function_call":{"name":"f","args":{}}}]},"author":"a"}""", true)]
    [InlineData("""{"content":{"parts":[{"functionCall":{"name":"f"}}]},"author":"a"}""", true)]
    [InlineData("""{"content":{"parts":[{"function_response":{"name":"f","response":{}}}]},"author":"a"}""", true)]
    [InlineData("""{"content":{"parts":[{"functionResponse":{"name":"f"}}]},"author":"a"}""", true)]
    [InlineData("""{"content":{"parts":[{"text":"function_call"}]},"author":"a"}""", false)]
    [InlineData("""{"content":{"parts":[{"thought":true,"text":"hm"}]},"author":"a"}""", false)]
    public async Task Tools_were_used_when_any_event_calls_one_or_brings_its_response(string before, bool used)
    {
        await using var stub = await StubEngine.StartAsync(200, $"{before}\n{Words}\n");
        await using var bench = new Bench(stub, options => options with { Dialect = DialectChoice.Adk });
        var turn = FakeTurn.Saying("hi");
        turn.EngineSession = new EngineSession("default", "us-central1", "e1");

        (await bench.RunAsync(turn)).UsedTools.ShouldBe(used);
    }

    [Theory]
    [InlineData(Delivery.Streamed)]
    [InlineData(Delivery.Whole)]
    public async Task Message_to_adk_brings_the_same_events_however_it_is_delivered(Delivery delivery)
    {
        await using var stub = await DeployedAsync(AdkMethods);
        await using var bench = Auto(stub);

        (await bench.RunAsync(FakeTurn.Saying("hi", delivery))).IsForAnyDelivery.ShouldBeTrue();
    }

    [Theory]
    [InlineData(Delivery.Streamed)]
    [InlineData(Delivery.Whole)]
    public async Task Plain_engine_has_a_method_for_each_delivery_and_may_answer_them_differently(Delivery delivery)
    {
        await using var stub = await DeployedAsync(PlainMethods);
        await using var bench = Auto(stub);

        (await bench.RunAsync(FakeTurn.Saying("hi", delivery))).IsForAnyDelivery.ShouldBeFalse();
    }

    [Fact]
    public async Task Revision_is_when_the_engine_was_last_changed_in_that_region()
    {
        await using var stub = await DeployedAsync(PlainMethods);
        await using var bench = Auto(stub);
        bench.Engine.RevisionIn("us-central1").ShouldBeNull("it was not looked at yet");

        await bench.RunAsync(FakeTurn.Saying("hi"));

        bench.Engine.RevisionIn("us-central1").ShouldBe("2026-11-01T10:00:00Z");
        bench.Engine.RevisionIn("europe-west1").ShouldBeNull("the engine is not there");
    }

    [Fact]
    public async Task Tokens_reach_the_turn_with_the_event_that_tells_them()
    {
        await using var stub = await StubEngine.StartAsync(
            200,
            """{"content":{"parts":[{"text":"x"}]},"author":"a","usage_metadata":{"prompt_token_count":10,"candidates_token_count":2}}""" + "\n"
            + """{"content":{"parts":[{"text":"y"}]},"author":"a","usage_metadata":{"prompt_token_count":20,"candidates_token_count":3}}""" + "\n");
        await using var bench = new Bench(stub, options => options with { Dialect = DialectChoice.Adk });
        var turn = FakeTurn.Saying("hi");
        turn.EngineSession = new EngineSession("default", "us-central1", "e1");

        await bench.RunAsync(turn);

        turn.Reported.ShouldBe([new TokenUsage(10, 2), new TokenUsage(30, 5)]);
    }

    private static Bench Auto(StubEngine stub) => new(stub, options => options with { Dialect = DialectChoice.Auto });

    private static Task<StubEngine> DeployedAsync(string methods) => StubEngine.StartAsync((context, seen) => StubEngine.Answer(
        context,
        200,
        seen.Method == "GET" ? $$$"""{"updateTime":"2026-11-01T10:00:00Z","spec":{"classMethods":{{{methods}}}}}"""
        : seen.Path.EndsWith(":query", StringComparison.Ordinal) ? """{"output":{"id":"e7"}}"""
        : $"{Words}\n"));
}
