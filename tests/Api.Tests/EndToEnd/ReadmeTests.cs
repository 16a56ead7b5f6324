using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Sluice.Api.Tests.Processes;
using Sluice.TestKit;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>What the README shows is what happens: its commands, in order, against a gateway started as it says.</summary>
public sealed partial class ReadmeTests
{
    private const string ShownAddress = "localhost:8080";

    [Fact]
    public async Task Every_example_in_the_README_prints_what_the_README_says()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(NodeFactAttribute.Clients, "..", "..", "README.md"));
        var transcripts = Blocks().Matches(readme).Select(match => match.Groups["block"].Value).ToList();
        transcripts.Count.ShouldBeGreaterThanOrEqualTo(5);
        var (gateway, client) = await GatewayProcess.StartAsync("ASPNETCORE_ENVIRONMENT=Development");
        await using var process = gateway;
        using var http = client;

        foreach (var transcript in transcripts)
        {
            var steps = Steps(transcript);
            var printed = await RunAsync(steps.Select(step => step.Command), http.BaseAddress!.Authority);
            for (var number = 0; number < steps.Count; number++)
            {
                printed[number].TrimEnd().ShouldMatch(Pattern(steps[number].Shown), steps[number].Command);
            }
        }
    }

    private static List<(string Command, string Shown)> Steps(string transcript)
    {
        var steps = new List<(string Command, string Shown)>();
        foreach (var line in transcript.TrimEnd().Split('\n'))
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                steps.Add((line[2..], ""));
            }
            else
            {
                steps[^1] = (steps[^1].Command, $"{steps[^1].Shown}{line}\n");
            }
        }

        return steps;
    }

    /// <summary>Three dots stand for anything within their line; all else stands for itself.</summary>
    private static string Pattern(string shown) => $"^{string.Join("[^\n]*?", shown.TrimEnd().Split("...").Select(Regex.Escape))}$";

    /// <summary>One shell for the commands of a block, as for one who types them; what each printed ends with a NUL.</summary>
    private static async Task<string[]> RunAsync(IEnumerable<string> commands, string address)
    {
        var script = new StringBuilder("set -o pipefail\n");
        foreach (var command in commands)
        {
            script.Append(command.Replace(ShownAddress, address, StringComparison.Ordinal)).Append(" || exit 1\nprintf '\\0'\n");
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script.ToString()]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            var printed = await bash.StandardOutput.ReadToEndAsync(limit.Token);
            await bash.WaitForExitAsync(limit.Token);
            bash.ExitCode.ShouldBe(0, printed);
            return printed.Split('\0');
        }
        finally
        {
            if (!bash.HasExited)
            {
                bash.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex(@"^```console\n(?<block>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blocks();
}
