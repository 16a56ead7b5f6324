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
    [InlineData("Sluice__Metrics__Port=8080",
        "Sluice__Metrics__Port (Sluice:Metrics:Port): 8080 is the gateway's own port, which everyone reaches")]
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
    public void Replicas_need_a_database() =>
        Reading.Of("Sluice__Host=Replicas").Problems.ShouldHaveSingleItem().ShouldStartWith(
            "sluice: ConnectionStrings:Postgres: is needed with Sluice:Host replicas: set ConnectionStrings__Postgres to a connection string such as Host=");

    [Theory]
    [InlineData("Sluice__Data=/var/lib/sluice")]
    [InlineData("Sluice__Data=memory")]
    public void Replicas_store_nothing_in_a_directory(string data) =>
        Reading.Of("Sluice__Host=Replicas", "ConnectionStrings__Postgres=Host=db", data).Problems.ShouldBe(
            ["sluice: Sluice__Data (Sluice:Data): is for a gateway that is alone; with Sluice:Host replicas everything is in PostgreSQL"]);

    [Fact]
    public void Database_that_would_not_be_used_is_refused() =>
        Reading.Of("ConnectionStrings__Postgres=Host=db").Problems.ShouldBe(
            ["sluice: ConnectionStrings__Postgres (ConnectionStrings:Postgres): is used only with Sluice:Host replicas: set that as well, or do not set this"]);

    [Theory]
    [InlineData("Host=db;Pasword=hunter2")]
    [InlineData("Host=db;Port=hunter2")]
    [InlineData("postgres://sluice:hunter2@db/sluice")]
    [InlineData("Password=hunter2")]
    public void Connection_string_that_is_none_is_refused_and_not_shown(string connection)
    {
        var reading = Reading.Of("Sluice__Host=replicas", $"ConnectionStrings__Postgres={connection}");

        reading.Problems.ShouldHaveSingleItem().ShouldStartWith("sluice: ConnectionStrings__Postgres (ConnectionStrings:Postgres): is not a connection string such as Host=");
        reading.Error.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Connection_string_on_the_command_line_is_refused_and_not_shown()
    {
        var reading = Reading.With(["--ConnectionStrings:Postgres=Host=db;Password=hunter2"]);

        reading.Problems.ShouldHaveSingleItem().ShouldContain("set ConnectionStrings__Postgres in the environment");
        reading.Error.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("Sluice__Replicas__Lease=500ms")]
    [InlineData("Sluice__Replicas__Lease=61s")]
    public void Lease_has_bounds(string lease) => Reading.Of(lease).Problems.ShouldHaveSingleItem().ShouldContain("a duration from 1s to 1m");

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
