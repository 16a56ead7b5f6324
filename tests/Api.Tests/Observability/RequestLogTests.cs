using Microsoft.Extensions.Logging;
using Sluice.Core.Engines;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Observability;

public sealed class RequestLogTests
{
    private static readonly ScriptedEngine Cut = new()
    {
        Script = static (_, _) => new(EngineOutcome.Failed(new EngineFault(FaultKind.CutStream, "xyzzy: the engine's own words", 200))),
    };

    [Theory]
    [InlineData("", "POST /invoke 502")]
    [InlineData("off")]
    [InlineData("errors", "POST /invoke 502")]
    [InlineData("all", "GET /_health 200", "GET /nowhere 404", "POST /invoke 502")]
    public async Task Requests_get_the_lines_that_were_asked_for(string setting, params string[] expected)
    {
        await using var gateway = await TestGateway.StartAsync(Cut, also: null, $"Sluice__Logging__Requests={setting}");

        await gateway.Client.GetAsync("/_health?q=xyzzy");
        await gateway.Client.GetAsync("/nowhere");
        await gateway.InvokeAsync("hello");
        await gateway.StopAsync();

        var lines = gateway.Log.Lines.Where(line => line.Event == "Request").Select(line => line.Message).ToList();
        lines.Select(line => line[..line.IndexOf(" in ", StringComparison.Ordinal)]).ShouldBe(expected);
        lines.ShouldAllBe(line => !line.Contains("xyzzy"));
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("127.0.0.0/8", "203.0.113.9")]
    public async Task Line_has_the_address_of_the_client_as_far_as_proxies_are_believed(string trusted, string address)
    {
        await using var gateway = await TestGateway.StartAsync(engine: null, also: null, "Sluice__Logging__Requests=all", $"Sluice__Http__TrustedProxies={trusted}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_health") { Headers = { { "X-Forwarded-For", "203.0.113.9" } } };

        using var answer = await gateway.Client.SendAsync(request);
        await gateway.StopAsync();

        gateway.Log.Requests.Single().RemoteAddress.ShouldBe(address);
    }

    [Fact]
    public async Task Failed_turn_is_a_warning_with_its_code_and_not_in_the_engines_words()
    {
        await using var gateway = await TestGateway.StartAsync(Cut);

        await gateway.InvokeAsync("hello");

        var line = gateway.Log.Lines.Single(line => line.Event == "TurnFailed");
        line.Level.ShouldBe(LogLevel.Warning);
        line.Message.ShouldContain("engine_stream_cut");
        line.Message.ShouldNotContain("xyzzy");
    }

    [Fact]
    public async Task Turn_that_goes_well_is_not_worth_a_line_above_debug()
    {
        await using var gateway = await TestGateway.StartAsync(engine: null, also: null, "Logging__LogLevel__Sluice=Debug");

        await gateway.InvokeAsync("hello");

        gateway.Log.Lines.Where(line => line.Event.StartsWith("Turn", StringComparison.Ordinal)).Select(line => (line.Level, line.Event))
            .ShouldBe([(LogLevel.Debug, "TurnAccepted"), (LogLevel.Debug, "TurnEnded")]);
    }
}
