using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Cards;
using Sluice.Api.Endpoints;

namespace Sluice.Api.Tests.Http;

public sealed class HealthAndCardTests
{
    private const string Engine = "projects/test/locations/us-central1/reasoningEngines/test";

    [Fact]
    public async Task Health_names_mode_and_engine()
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.GetAsync("/_health");

        ((int)response.StatusCode).ShouldBe(200);
        (await response.Content.ReadAsStringAsync()).ShouldBe($$"""{"status":"ok","mode":"agent_engine","engine":"{{Engine}}"}""");
    }

    [Fact]
    public async Task Health_names_the_revision_of_a_gateway_that_is_one()
    {
        await using var gateway = await StartAsync(revision: "gateway-service-00001");

        using var response = await gateway.GetAsync("/_health");

        (await response.JsonAsync()).Text("revision").ShouldBe("gateway-service-00001");
    }

    [Fact]
    public async Task A_gateway_that_is_not_ready_lives_and_says_why()
    {
        await using var gateway = await StartAsync(need: new Need("AGENT_ENGINE_NAME is not set."));

        using var live = await gateway.GetAsync("/livez");
        using var ready = await gateway.GetAsync("/readyz");

        ((int)live.StatusCode).ShouldBe(200);
        (await ready.ProblemAsync(503, "not_ready")).Text("detail").ShouldBe("AGENT_ENGINE_NAME is not set.");
        gateway.Engine.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_gateway_that_needs_nothing_is_ready()
    {
        await using var gateway = await StartAsync();

        using var ready = await gateway.GetAsync("/readyz");

        ((int)ready.StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task The_card_holds_every_field_of_the_originals()
    {
        await using var gateway = await StartAsync();
        const string Original = """
            {"name":"Bob's Brain","description":"A2A gateway. Agent runs on Vertex AI Reasoning Engine.","version":"4.0.0",
             "capabilities":{"streaming":true},"skills":[{"id":"get_time","name":"Get Current Time","description":"UTC clock"}],
             "engine":{"name":"projects/test/locations/us-central1/reasoningEngines/test","location":"us-central1"}}
            """;

        using var response = await gateway.GetAsync("/card");

        ShouldHold(await response.JsonAsync(), JsonElement.Parse(Original), "$");
    }

    [Fact]
    public async Task The_card_has_what_A2A_requires_and_the_well_known_one_is_the_same()
    {
        await using var gateway = await StartAsync();

        using var response = await gateway.GetAsync("/card");
        using var wellKnown = await gateway.GetAsync("/.well-known/agent-card.json");

        var card = await response.JsonAsync();
        JsonElement.DeepEquals(card, await wellKnown.JsonAsync()).ShouldBeTrue();
        card.Text("protocolVersion").ShouldBe("0.3.0");
        card.Text("url").ShouldStartWith(gateway.Address.AbsoluteUri);
        card.Text("preferredTransport").ShouldNotBeOneOf("JSONRPC", "GRPC", "HTTP+JSON");
        card.GetProperty("defaultInputModes").GetArrayLength().ShouldBeGreaterThan(0);
        card.GetProperty("defaultOutputModes").GetArrayLength().ShouldBeGreaterThan(0);
        card.GetProperty("skills")[0].GetProperty("tags").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_engines_name_can_be_left_out_and_the_address_be_told()
    {
        await using var gateway = await StartAsync(new CardOptions { HideEngineName = true, PublicUrl = new Uri("https://gateway.example/") });

        using var response = await gateway.GetAsync("/card");

        var text = await response.Content.ReadAsStringAsync();
        text.ShouldNotContain("reasoningEngines");
        text.ShouldContain("\"url\":\"https://gateway.example/invoke/stream\"");
        JsonElement.Parse(text).GetProperty("engine").Text("location").ShouldBe("us-central1");
    }

    private static Task<Gateway> StartAsync(CardOptions? card = null, IReadiness? need = null, string? revision = null) => Gateway.StartAsync(configure: services =>
    {
        services.AddSingleton(new GatewayFacts { Revision = revision });
        services.AddSingleton(card ?? new CardOptions());
        services.AddSingleton(new EngineFacts { ResourceName = Engine });
        if (need is not null)
        {
            services.AddSingleton(need);
        }
    });

    private static void ShouldHold(JsonElement actual, JsonElement expected, string path)
    {
        actual.ValueKind.ShouldBe(expected.ValueKind, path);
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in expected.EnumerateObject())
                {
                    actual.TryGetProperty(property.Name, out var value).ShouldBeTrue($"{path}.{property.Name}");
                    ShouldHold(value, property.Value, $"{path}.{property.Name}");
                }

                break;
            case JsonValueKind.Array:
                for (var i = 0; i < expected.GetArrayLength(); i++)
                {
                    ShouldHold(actual[i], expected[i], $"{path}[{i}]");
                }

                break;
            default:
                actual.GetRawText().ShouldBe(expected.GetRawText(), path);
                break;
        }
    }

    private sealed record Need(string? WhyNot) : IReadiness;
}
