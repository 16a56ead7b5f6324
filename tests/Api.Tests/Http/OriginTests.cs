using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class OriginTests
{
    private static readonly EngineFacts Several = new() { HasSeveralPlaces = true };

    [Fact]
    public async Task Place_is_told_on_every_surface_where_there_are_several()
    {
        await using var gateway = await StartAsync(new ServedBy("other", "europe-west1"), Several);
        using var whole = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");
        using var stream = await gateway.PostAsync("/invoke/stream", """{"text":"x"}""");
        using var turn = await gateway.GetAsync($"/sessions/s/turns/{whole.Header("X-Turn-Id")}");
        using var session = await gateway.GetAsync("/sessions/s");

        whole.Header("X-Engine-Region").ShouldBe("europe-west1");
        (await stream.Content.ReadAsStringAsync()).ShouldContain("\"engine\":\"other\",\"region\":\"europe-west1\"}\n");
        var resource = await turn.JsonAsync();
        resource.Text("engine").ShouldBe("other");
        resource.Text("region").ShouldBe("europe-west1");
        (await session.JsonAsync()).GetProperty("turns")[0].Text("region").ShouldBe("europe-west1");
        (await whole.Content.ReadAsStringAsync()).ShouldNotContain("region");
    }

    [Fact]
    public async Task Place_is_not_told_where_there_is_but_one()
    {
        await using var gateway = await StartAsync(new ServedBy("default", "us-central1"), new EngineFacts());
        using var whole = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");
        using var stream = await gateway.PostAsync("/invoke/stream", """{"text":"x"}""");
        using var turn = await gateway.GetAsync($"/sessions/s/turns/{whole.Header("X-Turn-Id")}");

        whole.Header("X-Engine-Region").ShouldBeEmpty();
        (await stream.Content.ReadAsStringAsync()).ShouldNotContain("region");
        (await turn.Content.ReadAsStringAsync()).ShouldNotContain("region");
    }

    [Fact]
    public async Task Move_and_fallback_are_told_always_and_everywhere()
    {
        var origin = new ServedBy("default", "us-east1") { MovedFrom = "us-central1", Fallback = "stale", Age = TimeSpan.FromSeconds(61.9) };
        await using var gateway = await StartAsync(origin, new EngineFacts());
        using var whole = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");
        using var stream = await gateway.PostAsync("/invoke/stream", """{"text":"x"}""");
        using var turn = await gateway.GetAsync($"/sessions/s/turns/{whole.Header("X-Turn-Id")}");

        foreach (var answer in new[] { whole, stream })
        {
            answer.Header("X-Engine-Moved-From").ShouldBe("us-central1");
            answer.Header("X-Fallback").ShouldBe("stale");
            answer.Header("Age").ShouldBe("61");
        }

        const string Marks = "\"moved_from\":\"us-central1\",\"fallback\":\"stale\",\"age_s\":61}";
        (await stream.Content.ReadAsStringAsync()).ShouldContain(Marks);
        (await turn.Content.ReadAsStringAsync()).ShouldContain(Marks);
    }

    [Fact]
    public async Task Failure_tells_its_place_as_well()
    {
        await using var gateway = await Gateway.StartAsync(
            engine: Gateway.Always(call =>
            {
                if (call.Text == "\"late\"")
                {
                    call.Emit("half");
                }

                return new EngineOutcome { Fault = new EngineFault(FaultKind.Unavailable, "Gone."), ServedBy = new ServedBy("other", "us-east1") { MovedFrom = "us-central1" } };
            }),
            configure: services => services.AddSingleton(Several));

        using var whole = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");
        using var early = await gateway.PostAsync("/invoke/stream", """{"text":"x"}""");
        using var late = await gateway.PostAsync("/invoke/stream", """{"text":"late"}""");

        foreach (var refused in new[] { whole, early })
        {
            await refused.ProblemAsync(503, "engine_unavailable");
            refused.Header("X-Engine-Region").ShouldBe("us-east1");
            refused.Header("X-Engine-Moved-From").ShouldBe("us-central1");
        }

        var told = await late.Content.ReadAsStringAsync();
        told.ShouldContain("event: error");
        told.ShouldContain("\"engine\":\"other\",\"region\":\"us-east1\",\"moved_from\":\"us-central1\"}");
    }

    [Fact]
    public async Task Fixed_text_has_an_engine_and_no_region()
    {
        await using var gateway = await StartAsync(new ServedBy("default", "") { Fallback = "text" }, Several);
        using var whole = await gateway.PostAsync("/invoke", """{"text":"x","session_id":"s"}""");
        using var turn = await gateway.GetAsync($"/sessions/s/turns/{whole.Header("X-Turn-Id")}");

        whole.Headers.Contains("X-Engine-Region").ShouldBeFalse();
        (await turn.Content.ReadAsStringAsync()).ShouldContain("\"engine\":\"default\",\"fallback\":\"text\"}");
    }

    private static Task<Gateway> StartAsync(ServedBy origin, EngineFacts facts) => Gateway.StartAsync(
        engine: Gateway.Always(call =>
        {
            call.Emit("yes");
            return new EngineOutcome { Answer = AnswerShape.Text, ServedBy = origin };
        }),
        configure: services => services.AddSingleton(facts));
}
