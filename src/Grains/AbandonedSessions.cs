using Microsoft.Extensions.Hosting;
using Sluice.Core.Hosts;
using Sluice.Core.Storage;

namespace Sluice.Grains;

/// <summary>Looks once a second for sessions whose silo is gone with turns under way, and has them placed again: nobody else may ask for them.</summary>
internal sealed class AbandonedSessions(ISessionStore store, StoredSessionHost here, IGrainFactory grains, TimeProvider time, ITurnObserver observer) : BackgroundService
{
    private const int AtOnce = 100;

    /// <summary>Woken side by side: one whose grain does not answer takes a whole period.</summary>
    private const int AtATime = 10;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryAsync(LookAsync, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        var abandoned = here.IsStopping ? [] : await store.FindAbandonedAsync(AtOnce, stoppingToken);
        await Parallel.ForEachAsync(
            abandoned,
            new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = stoppingToken },
            async (session, token) => await TryAsync(
                async token => await grains.GetGrain<ISessionGrain>(SessionName.Of(session)).WakeAsync().WaitAsync(Period, time, token),
                token));
    }

    // What keeps one from being woken keeps no other from it.
    private async Task TryAsync(Func<CancellationToken, Task> what, CancellationToken stoppingToken)
    {
        try
        {
            await what(stoppingToken);
        }
        catch (Exception e) when (Transient.Is(e))
        {
            // Tried again at the next time.
        }
#pragma warning disable CA1031 // Nobody else would hear of it, and the next look is as needed as ever. A silo that stops may have cancelled what it was asked for.
        catch (Exception defect) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            observer.Defect(defect);
        }
    }
}
