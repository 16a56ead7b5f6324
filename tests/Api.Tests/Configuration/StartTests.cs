using System.Net;
using System.Net.Sockets;
using Sluice.Api.Tests.Processes;

namespace Sluice.Api.Tests.Configuration;

public sealed class StartTests
{
    [Fact]
    public async Task Gateway_with_nothing_configured_starts_and_says_what_is_missing()
    {
        var (gateway, client) = await GatewayProcess.StartAsync();
        await using var process = gateway;
        using var http = client;

        (await http.GetAsync("/_health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var answer in new[] { await http.GetAsync("/readyz"), await http.PostAsync("/invoke", Ping()) })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            var problem = await answer.Content.ReadAsStringAsync();
            problem.ShouldContain("AGENT_ENGINE_NAME");
            problem.ShouldContain("AGENT_ENGINE_ID");
        }
    }

    [Fact]
    public async Task In_development_an_emulator_answers_and_says_so()
    {
        var (gateway, client) = await GatewayProcess.StartAsync("ASPNETCORE_ENVIRONMENT=Development");
        await using var process = gateway;
        using var http = client;

        (await http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await http.PostAsync("/invoke", Ping())).StatusCode.ShouldBe(HttpStatusCode.OK);
        await gateway.TerminateAsync();
        gateway.Error.ShouldContain("EMULATOR");
        gateway.Output.ShouldContain("\"severity\":\"WARNING\"");
        gateway.Output.ShouldContain("an emulator answers");
    }

    [Theory]
    [InlineData("Sluice__Hosting__Emulator=false")]
    [InlineData("AGENT_ENGINE_ENDPOINT=http://127.0.0.1:1")]
    public async Task In_development_no_emulator_covers_up_what_is_set(string variable)
    {
        var (gateway, client) = await GatewayProcess.StartAsync("ASPNETCORE_ENVIRONMENT=Development", variable);
        await using var process = gateway;
        using var http = client;

        (await http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        gateway.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Gateway_told_to_stop_ends_well()
    {
        var (gateway, client) = await GatewayProcess.StartAsync();
        await using var process = gateway;
        using var http = client;
        (await http.GetAsync("/_health")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await gateway.TerminateAsync();

        gateway.ExitCode.ShouldBe(0);
        gateway.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Port_that_is_taken_ends_the_start_without_a_stack()
    {
        using var taken = new TcpListener(IPAddress.IPv6Any, 0);
        taken.Server.DualMode = true;
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        await using var gateway = await GatewayProcess.RunToEndAsync([$"PORT={port}"]);

        gateway.ExitCode.ShouldBe(1);
        gateway.Error.ShouldContain($"{port}");
        gateway.Error.ShouldNotContain("   at ");
    }

    private static StringContent Ping() => new("""{"text":"ping"}""", System.Text.Encoding.UTF8, "application/json");
}
