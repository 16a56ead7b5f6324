using Sluice.Api.Configuration;
using Sluice.Core.Hosts;

namespace Sluice.Api.Hosting;

/// <summary>
/// The order of stopping: not ready, as soon as the process is told to stop; then the turns, while Kestrel still serves their readers; then Kestrel; then the
/// telemetry of it all.
/// </summary>
internal sealed class Shutdown(EmbeddedSessionHost sessions, HostingOptions options, TimeProvider time) : IHostedLifecycleService
{
    // For Kestrel to end its connections after the turns have ended, and for the last spans.
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1.5);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.ShutdownTimeout - Reserve, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await sessions.DrainAsync(either.Token);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
