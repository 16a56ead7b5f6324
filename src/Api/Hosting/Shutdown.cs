using System.Runtime.InteropServices;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Core.Hosts;

namespace Sluice.Api.Hosting;

/// <summary>
/// The order of stopping: no new turns, and not ready, as soon as the process is told to stop; then the turns there are, while Kestrel still serves their readers: they end, or
/// are handed over; then Kestrel; then the telemetry of it all. A second signal shortens the wait for the turns, and leaves out nothing.
/// </summary>
internal sealed class Shutdown(ISessionHost sessions, NotStopping readiness, HostingOptions options, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly CancellationTokenSource _hurry = new();
    private PosixSignalRegistration[] _heard = [];
    private int _signals;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // Beside the host's own, for which every signal after the first is nothing new.
        _heard = [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, Hear))];
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.DrainTime, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _hurry.Token, cancellationToken);
        try
        {
            var drained = sessions.DrainAsync(any.Token);
            readiness.Tell();
            await drained.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // A store that does not answer does not keep the process: what it has is taken over like a dead one's.
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var signal in _heard)
        {
            signal.Dispose();
        }

        _hurry.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        // Not the process's end: stopping is.
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            _hurry.Cancel();
        }
    }
}
