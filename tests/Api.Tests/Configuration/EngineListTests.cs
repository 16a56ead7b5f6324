using System.Text;
using Microsoft.Extensions.Configuration;
using Sluice.Api.Configuration;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Engines.Fallbacks;
using Sluice.TestKit;
using Sluice.Vertex;

namespace Sluice.Api.Tests.Configuration;

public sealed class EngineListTests
{
    private const string Usa = "projects/p/locations/us-central1/reasoningEngines/1";
    private const string Europe = "projects/p/locations/europe-west1/reasoningEngines/2";
    private const string Asia = "projects/p/locations/asia-east1/reasoningEngines/3";

    [Fact]
    public void One_engine_of_the_short_variables_is_the_default_one()
    {
        var engine = Reading.Of($"AGENT_ENGINE_NAME={Usa}", "AGENT_ENGINE_ENDPOINT=http://127.0.0.1:1", "AGENT_ENGINE_DIALECT=adk").Options.Engine.Engines.ShouldHaveSingleItem();

        engine.Name.ShouldBe("default");
        engine.Regions.ShouldBe([new EngineRegionOptions(EngineName.Parse(Usa), new Uri("http://127.0.0.1:1"))]);
        engine.Dialect.ShouldBe(DialectChoice.Adk);
        engine.Fallbacks.ShouldBeEmpty();
    }

    [Fact]
    public void Engines_have_names_and_regions_in_the_order_of_their_numbers()
    {
        var options = Reading.Of(
            $"AGENT_ENGINE_NAME={Usa}",
            $"Sluice__Engines__slow-one__Regions__10__Name={Europe}",
            $"Sluice__Engines__slow-one__Regions__2__Name={Asia}",
            "Sluice__Engines__slow-one__Regions__10__Endpoint=https://example.com",
            "Sluice__Engines__slow-one__Dialect=query",
            "Sluice__Engine__IdleTimeout=7s").Options.Engine;

        options.Engines.Select(engine => engine.Name).ShouldBe(["default", "slow-one"]);
        var regions = options.Vertex(options.Engines[1]);
        regions.Select(region => region.Engine.Location).ShouldBe(["asia-east1", "europe-west1"]);
        regions.Select(region => region.Endpoint).ShouldBe([null, new Uri("https://example.com")]);
        regions.ShouldAllBe(region => region.Name == "slow-one" && region.Dialect == DialectChoice.Query && region.IdleTimeout == TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void Default_engine_may_have_its_regions_among_the_others()
    {
        var options = Reading.Of(
            $"Sluice__Engines__default__Regions__0__Name={Europe}", $"Sluice__Engines__default__Regions__1__Name={Usa}", "PROJECT_ID=p", "LOCATION=us-east1").Options.Engine;

        options.Name!.ToString().ShouldBe(Europe);
        options.Location.ShouldBe("europe-west1");
        options.Engines.ShouldHaveSingleItem().Regions.Count.ShouldBe(2);
    }

    [Fact]
    public void Fallbacks_are_off_until_declared_and_in_order_then()
    {
        var engines = Reading.Of(
            $"AGENT_ENGINE_NAME={Usa}",
            $"Sluice__Engines__b__Regions__0__Name={Europe}",
            "Sluice__Engine__Fallbacks__0=engine:b",
            "Sluice__Engine__Fallbacks__1=stale",
            "Sluice__Engine__Fallbacks__2=text:Sorry: not now.",
            "Sluice__Engines__b__Fallbacks__0=engine:default").Options.Engine.Engines;

        engines[0].Fallbacks.ShouldBe([new(FallbackKind.Engine, "b"), new(FallbackKind.Stale), new(FallbackKind.Text, "Sorry: not now.")]);
        engines[1].Fallbacks.ShouldBe([new(FallbackKind.Engine, "default")]);
    }

    [Fact]
    public void Default_engine_takes_its_fallbacks_from_either_place() =>
        Reading.Of($"AGENT_ENGINE_NAME={Usa}", "Sluice__Engines__default__Fallbacks__0=stale", "Sluice__Engines__default__Dialect=adk")
            .Options.Engine.Engines.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
                engine => engine.Regions[0].Name.ToString().ShouldBe(Usa),
                engine => engine.Dialect.ShouldBe(DialectChoice.Adk),
                engine => engine.Fallbacks.ShouldBe([new(FallbackKind.Stale)]));

    [Fact]
    public void Cache_is_off_and_within_its_own_bounds_until_set()
    {
        Reading.Of().Options.Cache.ShouldBe(new CachePolicy());
        Reading.Of("Sluice__Cache__Ttl=5m", "Sluice__Cache__Answers=5", "Sluice__Cache__Bytes=1MiB", "Sluice__Cache__StaleIfError=1h", "Sluice__Cache__PerUser=false").Options.Cache
            .ShouldBe(new CachePolicy { Ttl = TimeSpan.FromMinutes(5), Answers = 5, Bytes = 1024 * 1024, StaleIfError = TimeSpan.FromHours(1), PerUser = false });
    }

    [Fact]
    public void Answers_are_kept_only_if_they_fit_into_a_turn_to_be_said_again() =>
        Reading.Of("Sluice__Sessions__LogBytes=64KiB", "Sluice__Sessions__LogEvents=100").Options.Cache
            .ShouldBe(new CachePolicy { AnswerBytes = 64 * 1024, AnswerEvents = 100 });

    [Fact]
    public void Engine_of_empty_variables_is_no_engine() =>
        Reading.Of($"AGENT_ENGINE_NAME={Usa}", "Sluice__Engines__b__Regions__0__Name=", "Sluice__Engines__B__Dialect=").Options.Engine.Engines.ShouldHaveSingleItem();

    public static TheoryData<string, string[]> Wrong => new()
    {
        { "Sluice__Engines__b__Regions__0__Name (Sluice:Engines:b:Regions:0:Name): 'x' is not projects/{p}/locations/{l}/reasoningEngines/{id}", ["Sluice__Engines__b__Regions__0__Name=x"] },
        { "Sluice__Engines__b__Dialect (Sluice:Engines:b:Dialect): 'x' is not one of auto, query, adk", [.. B(Europe), "Sluice__Engines__b__Dialect=x"] },
        { "Sluice__Engines__b__Dialect (Sluice:Engines:b:Dialect): the engine is nowhere: set Sluice:Engines:b:Regions:0:Name", ["Sluice__Engines__b__Dialect=adk"] },
        { "Sluice__Engines__Big__Dialect (Sluice:Engines:Big:Dialect): 'Big' is no name for an engine: 1 to 63 of a-z, 0-9 and -", ["Sluice__Engines__Big__Dialect=adk"] },
        {
            "Sluice__Engines__b__Regions__1__Endpoint (Sluice:Engines:b:Regions:1:Endpoint): the region has no engine: set Sluice:Engines:b:Regions:1:Name",
            [.. B(Europe), "Sluice__Engines__b__Regions__1__Endpoint=https://example.com"]
        },
        {
            "Sluice__Engines__b__Regions__1__Name (Sluice:Engines:b:Regions:1:Name): the engine has a region in europe-west1 already",
            [.. B(Europe), "Sluice__Engines__b__Regions__1__Name=projects/q/locations/europe-west1/reasoningEngines/9"]
        },
        {
            "Sluice__Engines__b__Regions__1__Name (Sluice:Engines:b:Regions:1:Name): the regions of an engine are all reached by https, or all by http on loopback",
            [.. B(Europe), "Sluice__Engines__b__Regions__0__Endpoint=http://localhost:1", $"Sluice__Engines__b__Regions__1__Name={Asia}"]
        },
        {
            "Sluice__Engines__b__Region__0__Name (Sluice:Engines:b:Region:0:Name): there is no such setting; the nearest is Sluice:Engines:<name>:Regions:<n>:Name",
            [.. B(Europe), $"Sluice__Engines__b__Region__0__Name={Asia}"]
        },
        {
            "Sluice__Engines__b__Regions__first__Name (Sluice:Engines:b:Regions:first:Name): there is no such setting; the nearest is Sluice:Engines:<name>:Regions:<n>:Name",
            [$"Sluice__Engines__b__Regions__first__Name={Asia}"]
        },
        {
            "AGENT_ENGINE_NAME (Sluice:Engine:Name): Sluice__Engines__default__Regions__0__Name (Sluice:Engines:default:Regions:0:Name) says it as well; one of them has to go",
            [$"Sluice__Engines__default__Regions__0__Name={Europe}"]
        },
        {
            "AGENT_ENGINE_DIALECT (Sluice:Engine:Dialect): Sluice__Engines__default__Dialect (Sluice:Engines:default:Dialect) says it as well; one of them has to go",
            ["AGENT_ENGINE_DIALECT=adk", "Sluice__Engines__default__Dialect=adk"]
        },
        {
            "Sluice__Engine__Fallbacks__0 (Sluice:Engine:Fallbacks:0): Sluice__Engines__default__Fallbacks__0 (Sluice:Engines:default:Fallbacks:0) says it as well; one of them has to go",
            ["Sluice__Engine__Fallbacks__0=stale", "Sluice__Engines__default__Fallbacks__0=stale"]
        },
        {
            "Sluice__Engine__Fallbacks__0 (Sluice:Engine:Fallbacks:0): 'cache' is not engine:<name> of another engine, stale, or text: and at most 4096 characters to say",
            ["Sluice__Engine__Fallbacks__0=cache"]
        },
        { "Sluice__Engine__Fallbacks__1 (Sluice:Engine:Fallbacks:1): there is no engine called 'b'", ["Sluice__Engine__Fallbacks__0=stale", "Sluice__Engine__Fallbacks__1=engine:b"] },
        { "Sluice__Engine__Fallbacks__0 (Sluice:Engine:Fallbacks:0): an engine cannot stand in for itself", ["Sluice__Engine__Fallbacks__0=engine:default"] },
        { "Sluice__Engine__Fallbacks__3 (Sluice:Engine:Fallbacks:3): is said twice", ["Sluice__Engine__Fallbacks__0=stale", "Sluice__Engine__Fallbacks__3=stale"] },
        { "Sluice__Engine__Fallbacks__1 (Sluice:Engine:Fallbacks:1): comes behind a text, which always answers", ["Sluice__Engine__Fallbacks__0=text:Sorry", "Sluice__Engine__Fallbacks__1=stale"] },
        {
            "Sluice__Engines__b__Regions__8__Name (Sluice:Engines:b:Regions:8:Name): an engine has at most 8 regions",
            [.. Enumerable.Range(0, 9).Select(i => $"Sluice__Engines__b__Regions__{i}__Name=projects/p/locations/l{i}/reasoningEngines/1")]
        },
        {
            "Sluice__Engines__e15__Regions__0__Name (Sluice:Engines:e15:Regions:0:Name): there may be 16 engines",
            [.. Enumerable.Range(0, 16).Select(i => $"Sluice__Engines__e{i:00}__Regions__0__Name={Europe}")]
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_engine_is_named_with_the_place_it_came_from(string problem, string[] environment)
    {
        var reading = Reading.Of([$"AGENT_ENGINE_NAME={Usa}", .. environment]);

        reading.Start.ExitCode.ShouldBe(1);
        reading.Problems.ShouldBe([$"sluice: {problem}"]);
    }

    [Fact]
    public void Engines_without_a_default_one_are_refused() =>
        Reading.Of(B(Europe)).Problems.ShouldBe(
            ["sluice: Sluice__Engines__b__Regions__0__Name (Sluice:Engines:b:Regions:0:Name): there are engines and none is the default: set AGENT_ENGINE_NAME or Sluice:Engines:default:Regions:0:Name"]);

    [Fact]
    public void Help_explains_what_the_operator_names() =>
        Reading.With(["--help"]).Output.ShouldContain("  Sluice:Engines:<name>:Regions:<n>:Name");

    [Fact]
    public async Task Example_in_the_operating_page_is_valid()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(NodeFactAttribute.Clients, "..", "..", "docs", "operating.md"));
        var example = page.Split("```json")[1].Split("```")[0];

        var options = GatewayOptions.Read(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(example))).Build(), out var problems);

        problems.ShouldBeEmpty();
        options.Engine.Engines.Select(engine => (engine.Name, engine.Regions.Count, engine.Fallbacks.Count)).ShouldBe([("default", 2, 3), ("small", 1, 0)]);
    }

    private static string[] B(string region) => [$"Sluice__Engines__b__Regions__0__Name={region}"];
}
