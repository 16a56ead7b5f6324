using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Sluice.Emulator.Tests;

public sealed partial class ProgramTests
{
    [Fact]
    public async Task Program_says_where_it_listens_and_stops_at_sigterm_with_a_stream_open()
    {
        using var program = Start("--port", "0", "--tokens", "3", "--tokens-per-second", "0.001");
        var text = "";
        while (!text.Contains("AGENT_ENGINE_NAME", StringComparison.Ordinal)) text += await program.StandardOutput.ReadLineAsync() + "\n";
        var address = new Uri(Listening().Match(text).Groups["address"].Value);
        text.ShouldContain($"GCE_METADATA_HOST={address.Authority}");

        using var http = new HttpClient { BaseAddress = address };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1beta1/reasoningEngines/echo:streamQuery") { Content = new StringContent("""{"input":{"text":"x"}}""") };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.IsSuccessStatusCode.ShouldBeTrue();

        using var kill = Process.Start("kill", ["-TERM", program.Id.ToString()]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(8));
        await program.WaitForExitAsync(limit.Token);
        program.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task Help_lists_the_flags()
    {
        using var program = Start("--help");
        (await program.StandardOutput.ReadToEndAsync()).ShouldContain("--port N");
        await program.WaitForExitAsync();
        program.ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("--nonsense")]
    [InlineData("--port x")]
    [InlineData("--engine a=b")]
    [InlineData("--first-byte 5")]
    public void Wrong_flag_is_named(string line)
    {
        CommandLine.Parse(line.Split(' '), null, out var problem).ShouldBeNull();
        problem.ShouldStartWith(line.Split(' ')[0] + ":");
    }

    [Fact]
    public void Flags_become_options_and_port_comes_from_the_environment()
    {
        var options = CommandLine.Parse(
            ["--seed", "9", "--engine", "bob=adk", "--require-bearer", "--tokens-per-second", "50", "--first-byte", "200ms", "--stream-cap", "900s", "--quota"],
            "1234",
            out _).ShouldNotBeNull();
        options.Port.ShouldBe(1234);
        options.Seed.ShouldBe(9);
        options.Engines["bob"].ShouldBe(EngineTemplate.Adk);
        options.Bearer.ShouldBe(BearerCheck.Present);
        options.Answer.Gap.ShouldBe(TimeSpan.FromMilliseconds(20));
        options.Answer.FirstByte.ShouldBe(TimeSpan.FromMilliseconds(200));
        options.StreamCap.ShouldBe(TimeSpan.FromMinutes(15));
        options.Quota!.Queries.ShouldBe(90);
        CommandLine.Parse([], null, out _)!.Port.ShouldBe(8085);
        CommandLine.Parse(["--port", "1"], "2", out _)!.Port.ShouldBe(1);
        CommandLine.Parse([], "nine", out var problem).ShouldBeNull();
        problem.ShouldStartWith("PORT:");
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "sluice-emulator.dll"), .. args]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment.Remove("PORT");
        return Process.Start(start)!;
    }

    [GeneratedRegex("on (?<address>http://127[.]0[.]0[.]1:[0-9]+/)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
