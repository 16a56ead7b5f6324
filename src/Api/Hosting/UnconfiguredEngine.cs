using Sluice.Api.Endpoints;
using Sluice.Core.Engines;

namespace Sluice.Api.Hosting;

/// <summary>Stands where no engine is configured: the gateway starts, says what is missing, and does nothing else.</summary>
internal sealed class UnconfiguredEngine : IEngine, IReadiness
{
    private const string Reason =
        "No engine is configured: set AGENT_ENGINE_NAME to projects/{p}/locations/{l}/reasoningEngines/{id}, or AGENT_ENGINE_ID together with PROJECT_ID and LOCATION.";

    private static readonly EngineOutcome Outcome = EngineOutcome.Failed(new EngineFault(FaultKind.NotConfigured, Reason));

    public string? WhyNot => Reason;

    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => new(Outcome);
}
