namespace Sluice.Api.Tests.Configuration;

public sealed class RefusalTests
{
    [Theory]
    [InlineData("AGENT_ENGINE_NAME=foo",
        "AGENT_ENGINE_NAME (Sluice:Engine:Name): 'foo' is not projects/{p}/locations/{l}/reasoningEngines/{id}")]
    [InlineData("AGENT_ENGINE_NAME=projects/p/locations/evil.example.com#/reasoningEngines/1",
        "AGENT_ENGINE_NAME (Sluice:Engine:Name): 'projects/p/locations/evil.example.com#/reasoningEngines/1' is not projects/{p}/locations/{l}/reasoningEngines/{id}")]
    [InlineData("AGENT_ENGINE_ID=7",
        "AGENT_ENGINE_ID (Sluice:Engine:Id): '7' needs the engine's project: set PROJECT_ID (Sluice:Engine:Project), or AGENT_ENGINE_NAME to projects/{p}/locations/{l}/reasoningEngines/{id}")]
    [InlineData("AGENT_ENGINE_DIALECT=grpc",
        "AGENT_ENGINE_DIALECT (Sluice:Engine:Dialect): 'grpc' is not one of auto, query, adk")]
    [InlineData("AGENT_ENGINE_ENDPOINT=127.0.0.1:8888",
        "AGENT_ENGINE_ENDPOINT (Sluice:Engine:Endpoint): '127.0.0.1:8888' is not an absolute https URL without user, query and fragment, or http on loopback")]
    [InlineData("PORT=http",
        "PORT (Sluice:Listening:Port): 'http' is not a whole number from 0 to 65535")]
    [InlineData("Sluice__Http__Grace=30",
        "Sluice__Http__Grace (Sluice:Http:Grace): '30' is not a duration from 0ms to 1h with its unit ms, s, m or h")]
    [InlineData("Sluice__Http__Grace=2h",
        "Sluice__Http__Grace (Sluice:Http:Grace): '2h' is not a duration from 0ms to 1h with its unit ms, s, m or h")]
    [InlineData("Sluice__Http__MaxBodyBytes=1GiB",
        "Sluice__Http__MaxBodyBytes (Sluice:Http:MaxBodyBytes): '1GiB' is not a size from 1KiB to 64MiB: bytes, or with the unit KiB, MiB or GiB")]
    [InlineData("Sluice__Logging__Format=1",
        "Sluice__Logging__Format (Sluice:Logging:Format): '1' is not one of auto, json, text")]
    [InlineData("Sluice__Enigne__Name=x",
        "Sluice__Enigne__Name (Sluice:Enigne:Name): there is no such setting; the nearest is Sluice:Engine:Name")]
    [InlineData("Sluice__Http__HeartbeatIntervall=1s",
        "Sluice__Http__HeartbeatIntervall (Sluice:Http:HeartbeatIntervall): there is no such setting; the nearest is Sluice:Http:HeartbeatInterval")]
    public void Wrong_setting_is_named_with_the_place_it_came_from(string variable, string problem)
    {
        var reading = Reading.Of(variable);

        reading.Start.ExitCode.ShouldBe(1);
        reading.Problems.ShouldBe([$"sluice: {problem}"]);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once() =>
        Reading.Of("AGENT_ENGINE_NAME=foo", "PORT=http", "Sluice__Nonsense=1").Problems.Length.ShouldBe(3);

    [Fact]
    public void Setting_that_two_others_need_is_one_problem() =>
        Reading.Of("AGENT_ENGINE_ID=7", "PROJECT_ID=p", "LOCATION=Nowhere!").Problems
            .ShouldBe(["sluice: LOCATION (Sluice:Engine:Location): 'Nowhere!' is not a location such as us-central1"]);

    [Fact]
    public void Value_cannot_write_lines_of_its_own() =>
        Reading.Of("ENGINE_MODE=a\nsluice: all is well").Problems.ShouldHaveSingleItem().ShouldContain("'a?sluice: all is well'");

    [Fact]
    public void Credentials_are_not_sent_in_the_clear() =>
        Reading.Of("Sluice__Telemetry__CloudTraceEndpoint=http://example.com/v1/traces").Problems.ShouldHaveSingleItem().ShouldContain("plain http");

    [Theory]
    [InlineData("--bogus")]
    [InlineData("--Kestrel:Limits:KeepAliveTimeout=1")]
    [InlineData("run")]
    [InlineData("--urls")]
    public void Unusable_command_line_is_refused(string argument)
    {
        var reading = Reading.With([argument]);

        reading.Start.ExitCode.ShouldBe(1);
        reading.Problems.ShouldHaveSingleItem().ShouldContain(argument.Split('=')[0]);
    }

    [Fact]
    public void Check_says_what_a_start_would_say_and_starts_nothing()
    {
        Reading.With(["--check"]).Start.ExitCode.ShouldBe(0);
        Reading.With(["--check"], "PORT=http").Start.ExitCode.ShouldBe(1);
    }
}
