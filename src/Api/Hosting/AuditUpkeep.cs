using Sluice.Core.Audit;

namespace Sluice.Api.Hosting;

/// <summary>Opens the audit trail before there is anything to record, and closes it behind the last.</summary>
internal sealed class AuditUpkeep(AuditTrail trail) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => trail.StartAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await trail.DisposeAsync();
}
