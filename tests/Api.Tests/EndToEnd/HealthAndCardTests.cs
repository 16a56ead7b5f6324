using System.Text.Json;
using Sluice.Api.Tests.Http;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class HealthAndCardTests(QueryStage shared) : IClassFixture<QueryStage>
{
    private readonly Stage _stage = shared.Stage;

    [Fact]
    public async Task Health_names_the_engine_that_is_asked()
    {
        using var answer = await _stage.GetAsync("/_health");

        ((int)answer.StatusCode).ShouldBe(200);
        answer.Header("Content-Type").ShouldStartWith("application/json");
        answer.Header("X-Trace-Id").ShouldMatch("^[0-9a-f]{32}$");
        answer.Header("Server").ShouldBeEmpty();
        (await answer.Content.ReadAsStringAsync()).ShouldBe(
            """{"status":"ok","mode":"agent_engine","engine":"projects/123456789012/locations/us-central1/reasoningEngines/echo"}""");
    }

    [Theory]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task Gateway_with_an_engine_is_alive_and_ready(string path)
    {
        using var answer = await _stage.GetAsync(path);

        ((int)answer.StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task Card_is_the_same_at_both_paths_and_says_what_clients_of_the_original_read()
    {
        using var card = await _stage.GetAsync("/card");
        using var wellKnown = await _stage.GetAsync("/.well-known/agent-card.json");

        var json = await card.JsonAsync();
        JsonElement.DeepEquals(json, await wellKnown.JsonAsync()).ShouldBeTrue();
        json.Text("name").ShouldBe("Bob's Brain");
        json.Text("description").ShouldBe("A2A gateway. Agent runs on Vertex AI Reasoning Engine.");
        json.Text("version").ShouldBe("4.0.0");
        json.GetProperty("capabilities").GetProperty("streaming").GetBoolean().ShouldBeTrue();
        json.GetProperty("skills")[0].Text("id").ShouldBe("get_time");
        json.GetProperty("engine").Text("name").ShouldBe("projects/123456789012/locations/us-central1/reasoningEngines/echo");
        json.GetProperty("engine").Text("location").ShouldBe("us-central1");
        json.Text("url").ShouldNotBeEmpty();
        json.Text("protocolVersion").ShouldNotBeEmpty();
    }
}
