using Sluice.Api.Subcommands;

namespace Sluice.Api.Probing;

/// <summary><c>sluice probe URL</c>: asks a gateway as a caller would, prints what it found as one JSON object, and exits with 0 when all is well, else with 2.</summary>
internal static class ProbeCommand
{
    public const int Well = 0;
    public const int Unwell = 2;

    public static Subcommand Subcommand { get; } = new(
        "probe",
        ProbePlan.Synopsis,
        "ask the gateway at that URL for its health, its card, an answer and a stream to its end; print what came of it as JSON and exit with 0 or 2. "
            + $"Credentials: {ProbePlan.TokenVariable}, {ProbePlan.PlatformTokenVariable}",
        RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (ProbePlan.TryRead(invocation.Arguments, invocation.Environment, out var plan) is { } wrong)
        {
            await invocation.Error.WriteLineAsync($"sluice probe: {wrong}\nUsage: sluice probe {ProbePlan.Synopsis}");
            return Unwell;
        }

        using var probe = new Probe(plan, TimeProvider.System);
        var at = TimeProvider.System.GetUtcNow();
        var steps = await probe.RunAsync();
        await invocation.Output.WriteLineAsync(ProbeReport.Of(plan.Url, at, steps));
        return steps.All(step => step.IsWell) ? Well : Unwell;
    }
}
