using System.Diagnostics.Metrics;
using Sluice.Core.Hosts;

namespace Sluice.Api.Observability;

/// <summary>Shows what the sessions take of this process's memory, when somebody asks.</summary>
internal sealed class MemoryMetrics(IMeterFactory meters, ISessionHost host) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(Core.Telemetry.SourceName);
        meter.CreateObservableGauge("sluice.sessions.in_memory", () => host.SessionCount, "{session}", "Sessions in this process's memory.");
        meter.CreateObservableGauge("sluice.log.remembered", () => host.RememberedBytes, "By", "Events of ended turns in this process's memory.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
