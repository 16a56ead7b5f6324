using Sluice.Vertex;

namespace Sluice.Api.Tests.Configuration;

public sealed class EnvironmentTests
{
    private const string Full = "projects/p1/locations/europe-west1/reasoningEngines/42";

    [Fact]
    public void Engine_name_wins_over_its_id() =>
        Reading.Of($"AGENT_ENGINE_NAME={Full}", "AGENT_ENGINE_ID=7", "PROJECT_ID=p2").Options.Engine.Name!.ToString().ShouldBe(Full);

    [Fact]
    public void Engine_id_becomes_a_full_name_with_project_and_location() =>
        Reading.Of("AGENT_ENGINE_ID=7", "PROJECT_ID=p2", "LOCATION=asia-east1").Options.Engine.Name!.ToString()
            .ShouldBe("projects/p2/locations/asia-east1/reasoningEngines/7");

    [Fact]
    public void Engine_id_is_in_us_central1_when_nobody_says_where() =>
        Reading.Of("AGENT_ENGINE_ID=7", "PROJECT_ID=p2").Options.Engine.Name!.Location.ShouldBe("us-central1");

    [Fact]
    public void Project_of_google_cloud_stands_in_for_the_project_id()
    {
        Reading.Of("AGENT_ENGINE_ID=7", "GOOGLE_CLOUD_PROJECT=p3").Options.Engine.Name!.Project.ShouldBe("p3");
        Reading.Of("AGENT_ENGINE_ID=7", "GOOGLE_CLOUD_PROJECT=p3", "PROJECT_ID=p2").Options.Engine.Name!.Project.ShouldBe("p2");
    }

    [Fact]
    public void Every_variable_of_the_original_reaches_its_option()
    {
        var options = Reading.Of(
            "ENGINE_MODE=mock", "A2A_NAME=Alice", "A2A_DESC=Knows things", "A2A_VERSION=5.0", "PORT=9090",
            "AGENT_ENGINE_ENDPOINT=http://127.0.0.1:8888", "AGENT_ENGINE_DIALECT=ADK", "LOCATION=us-east1").Options;

        options.Engine.Mode.ShouldBe("mock");
        options.Card.Name.ShouldBe("Alice");
        options.Card.Description.ShouldBe("Knows things");
        options.Card.Version.ShouldBe("5.0");
        options.Listening.Port.ShouldBe(9090);
        options.Engine.Endpoint.ShouldBe(new Uri("http://127.0.0.1:8888"));
        options.Engine.Dialect.ShouldBe(DialectChoice.Adk);
        options.Engine.Location.ShouldBe("us-east1");
    }

    [Fact]
    public void Nothing_set_gives_the_defaults_of_the_original()
    {
        var options = Reading.Of().Options;

        options.Engine.Name.ShouldBeNull();
        options.Engine.Mode.ShouldBe("agent_engine");
        options.Card.Name.ShouldBe("Bob's Brain");
        options.Card.Description.ShouldBe("A2A gateway. Agent runs on Vertex AI Reasoning Engine.");
        options.Card.Version.ShouldBe("4.0.0");
        options.Listening.Port.ShouldBe(8080);
        options.Telemetry.ServiceName.ShouldBe("bobs-brain-gateway");
    }

    [Fact]
    public void Empty_variable_is_no_variable() =>
        Reading.Of("PORT=", "AGENT_ENGINE_NAME=", "Sluice__Listening__Port=").Options.Listening.Port.ShouldBe(8080);

    [Fact]
    public void Own_key_wins_over_the_variable_and_the_command_line_over_both()
    {
        Reading.Of("PORT=1", "Sluice__Listening__Port=2").Options.Listening.Port.ShouldBe(2);
        Reading.With(["--Sluice:Listening:Port=3"], "PORT=1", "Sluice__Listening__Port=2").Options.Listening.Port.ShouldBe(3);
        Reading.With(["--Sluice:Listening:Port", "4"], "PORT=1").Options.Listening.Port.ShouldBe(4);
    }

    [Fact]
    public void Variable_of_another_program_sets_nothing() =>
        Reading.Of("Http__Port=1", "URLS=http://+:1", "Kestrel__Limits__KeepAliveTimeout=1").Start.Builder.Configuration["urls"].ShouldBeNull();

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("2s", 2_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("00:00:03", 3_000)]
    public void Durations_have_units(string text, int milliseconds) =>
        Reading.Of($"Sluice__Http__HeadHold={text}").Options.Http.HeadHold.ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData("65536", 65_536)]
    [InlineData("64KiB", 65_536)]
    [InlineData("2 MiB", 2_097_152)]
    public void Sizes_are_bytes_or_have_units(string text, int bytes) =>
        Reading.Of($"Sluice__Http__MaxBodyBytes={text}").Options.Http.MaxBodyBytes.ShouldBe(bytes);

    [Fact]
    public void Bounds_of_sessions_are_those_of_the_host_until_set()
    {
        Reading.Of().Options.Sessions.ShouldBe(new Core.Sessions.SessionLimits());
        Reading.Of("Sluice__Sessions__QueuedTurns=3", "Sluice__Sessions__LogBytes=1MiB").Options.Sessions
            .ShouldBe(new Core.Sessions.SessionLimits { QueuedTurns = 3, LogBytes = 1024 * 1024 });
    }

    [Fact]
    public void Http_surface_and_card_are_as_they_declare_themselves_until_set()
    {
        var options = Reading.Of().Options;

        options.Http.ShouldBe(new Endpoints.HttpSurfaceOptions());
        // Records compare lists by reference.
        options.Card.ShouldBe(new Cards.CardOptions { Skills = options.Card.Skills });
    }
}
