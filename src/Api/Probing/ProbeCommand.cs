using Sluice.Api.Commands;

namespace Sluice.Api.Probing;

/// <summary><c>sluice probe URL</c>: asks a gateway as a caller would, prints what it found as one JSON object, and exits with 0 when all is well, else with 2.</summary>
internal sealed class ProbeCommand(IReadOnlyList<string> arguments) : ICommand
{
    private const int Well = 0;
    private const int Unwell = 2;

    private const string Help = $"""
        Usage: sluice probe <url> [options]

          --health-timeout <duration>  how long the health and the card may take each (5s)
          --invoke-timeout <duration>  how long a turn may take, once answered whole and once as a stream (15s)
          --text <text>                what the agent is asked (ping)

        {ProbePlan.TokenVariable} is sent as 'Authorization: Bearer ...', {ProbePlan.PlatformTokenVariable} as 'X-Serverless-Authorization: Bearer ...', which
        Cloud Run takes for itself. Neither is printed, nor what was said.

        """;

    public async Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error)
    {
        if (arguments is ["--help" or "-h"])
        {
            await output.WriteAsync(Help);
            return Well;
        }

        if (ProbePlan.TryRead(arguments, environment, out var plan) is { } wrong)
        {
            await error.WriteLineAsync($"sluice: {wrong}; sluice probe --help tells what there is");
            return Unwell;
        }

        using var probe = new Probe(plan, TimeProvider.System);
        var at = TimeProvider.System.GetUtcNow();
        var steps = await probe.RunAsync();
        await output.WriteLineAsync(ProbeReport.Of(plan.Url, at, steps));
        return steps.All(step => step.IsWell) ? Well : Unwell;
    }
}
