using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Sluice.Api.Commands;
using Sluice.Api.Probing;
using Sluice.Api.Tests.EndToEnd;
using Sluice.Api.Tests.Observability;
using Sluice.Api.Tests.Processes;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.Probing;

public sealed class ProbeTests(PatientStage shared) : IClassFixture<PatientStage>, IDisposable
{
    private const string Secret = "xyzzy-plugh";

    private Stage Stage => shared.Stage;

    public void Dispose() => Stage.Engine.ClearScripts();

    [Fact]
    public async Task A_gateway_that_is_well_is_told_with_each_latency()
    {
        var (exitCode, output, error) = await RunAsync(Stage.Address.ToString());

        exitCode.ShouldBe(0, output);
        error.ShouldBeEmpty();
        var report = Json(output);
        report.GetProperty("ok").GetBoolean().ShouldBeTrue();
        report.GetProperty("url").GetString().ShouldBe(Stage.Address.ToString());
        var steps = report.GetProperty("steps").EnumerateArray().ToArray();
        steps.Select(step => step.GetProperty("step").GetString()).ShouldBe(["health", "card", "invoke", "stream"]);
        steps.ShouldAllBe(step => step.GetProperty("ok").GetBoolean() && step.GetProperty("status").GetInt32() == 200 && step.GetProperty("latency_ms").GetDouble() > 0);
        steps.ShouldAllBe(step => step.GetProperty("trace_id").GetString()!.Length == 32);
        steps[3].GetProperty("first_event_ms").GetDouble().ShouldBeLessThanOrEqualTo(steps[3].GetProperty("latency_ms").GetDouble());
        output.ShouldNotContain("pong");
    }

    [Theory]
    [InlineData("query", Fault.Unavailable, "invoke", "engine_unavailable")]
    [InlineData("streamQuery", Fault.Unavailable, "stream", "engine_unavailable")]
    [InlineData("streamQuery", Fault.Empty, "stream", "engine_empty_answer")]
    [InlineData("streamQuery", Fault.Truncate, "stream", "engine_stream_cut")]
    public async Task What_fails_is_told_by_its_code(string verb, Fault fault, string step, string code)
    {
        Stage.Engine.Enqueue(new Script { Verb = verb, Fault = fault, Times = 0 });

        var (exitCode, output, _) = await RunAsync(Stage.Address.ToString());

        exitCode.ShouldBe(2);
        var report = Json(output);
        report.GetProperty("ok").GetBoolean().ShouldBeFalse();
        Problem(report, step).ShouldNotBeNull().ShouldContain(code);
        Problem(report, "health").ShouldBeNull();
        Problem(report, "card").ShouldBeNull();
    }

    [Fact]
    public async Task What_takes_too_long_is_given_up()
    {
        Stage.Engine.Enqueue(new Script { Fault = Fault.Stall, After = 0, Times = 0 });

        var (exitCode, output, _) = await RunAsync(Stage.Address.ToString(), "--invoke-timeout", "300ms");

        exitCode.ShouldBe(2);
        Problem(Json(output), "invoke").ShouldBe("not done after 0.3 s");
        Problem(Json(output), "stream").ShouldBe("not done after 0.3 s");
    }

    [Fact]
    public async Task Nobody_is_there()
    {
        var (exitCode, output, _) = await RunAsync("http://127.0.0.1:1");

        exitCode.ShouldBe(2);
        Json(output).GetProperty("steps").EnumerateArray().ShouldAllBe(step => !step.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Somebody_else_is_there()
    {
        await using var other = await TestGateway.StartAsync(also: app => app.Run(context => context.Response.Body.WriteAsync("<html>"u8.ToArray()).AsTask()));

        var (exitCode, output, _) = await RunAsync(other.Client.BaseAddress!.ToString());

        exitCode.ShouldBe(2);
        foreach (var step in (string[])["health", "card", "invoke", "stream"])
        {
            Problem(Json(output), step).ShouldNotBeNull().ShouldStartWith("not ");
        }
    }

    [Fact]
    public async Task Credentials_go_where_they_belong_and_are_told_nobody()
    {
        var seen = new ConcurrentBag<string>();
        await using var gateway = await TestGateway.StartAsync(also: app => app.Use(next => context =>
        {
            seen.Add($"{context.Request.Headers.Authorization}|{context.Request.Headers["X-Serverless-Authorization"]}");
            context.Response.Redirect("http://127.0.0.1:1/elsewhere");
            return Task.CompletedTask;
        }));

        var (exitCode, output, error) = await RunAsync(
            [gateway.Client.BaseAddress!.ToString()], new() { [ProbePlan.TokenVariable] = Secret, [ProbePlan.PlatformTokenVariable] = $"{Secret}-2" });

        exitCode.ShouldBe(2);
        seen.Count.ShouldBe(4);
        seen.ShouldAllBe(headers => headers == $"Bearer {Secret}|Bearer {Secret}-2");
        Problem(Json(output), "health").ShouldBe("answered 302");
        (output + error).ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("", "no URL")]
    [InlineData("localhost", "absolute http or https URL")]
    [InlineData("http://user:pass@localhost", "without user")]
    [InlineData("http://localhost http://localhost", "one URL")]
    [InlineData("http://localhost --health-timeout", "needs a value")]
    [InlineData("http://localhost --health-timeout 5", "with its unit")]
    [InlineData("http://localhost --frequency 5", "--invoke-timeout")]
    public async Task What_is_called_wrongly_says_how_it_would_be_right(string arguments, string why)
    {
        var (exitCode, output, error) = await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain(why);
        error.ShouldContain("sluice probe --help");
    }

    [Fact]
    public async Task Help_tells_of_every_option_and_where_credentials_come_from()
    {
        var (exitCode, output, _) = await RunAsync("--help");

        exitCode.ShouldBe(0);
        foreach (var told in (string[])["--health-timeout", "--invoke-timeout", "--text", ProbePlan.TokenVariable, ProbePlan.PlatformTokenVariable])
        {
            output.ShouldContain(told);
        }
    }

    [Fact]
    public async Task Credentials_do_not_leave_the_machine_over_plain_http()
    {
        var (exitCode, output, error) = await RunAsync(["http://192.0.2.1"], new() { [ProbePlan.TokenVariable] = Secret });

        exitCode.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("https");
        error.ShouldNotContain(Secret);
    }

    [Fact]
    public async Task The_executable_does_it_and_starts_no_gateway()
    {
        await using var well = await GatewayProcess.RunCommandAsync("probe", Stage.Address.ToString());
        await using var unwell = await GatewayProcess.RunCommandAsync("probe", "http://127.0.0.1:1");

        well.ExitCode.ShouldBe(0, well.Output + well.Error);
        Json(well.Output).GetProperty("ok").GetBoolean().ShouldBeTrue();
        unwell.ExitCode.ShouldBe(2);
        Json(unwell.Output).GetProperty("ok").GetBoolean().ShouldBeFalse();
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunAsync(arguments, []);

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments, Dictionary<string, string> environment)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var probe = CommandTable.Find(["probe", .. arguments]).ShouldNotBeNull();
        var exitCode = await probe.RunAsync(environment, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static string? Problem(JsonElement report, string step) =>
        report.GetProperty("steps").EnumerateArray().Single(one => one.GetProperty("step").GetString() == step).TryGetProperty("problem", out var problem) ? problem.GetString() : null;
}
