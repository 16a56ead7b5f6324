using Microsoft.Extensions.Hosting;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
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
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var abandoned = here.IsStopping ? [] : await store.FindAbandonedAsync(AtOnce, stoppingToken);
                await Parallel.ForEachAsync(abandoned, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = stoppingToken }, WakeAsync);
            }
            catch (StorageUnavailableException)
            {
                // Looked for again at the next time.
            }
#pragma warning disable CA1031 // Nobody else would hear of it, and the next look is as needed as ever.
            catch (Exception defect) when (defect is not OperationCanceledException)
#pragma warning restore CA1031
            {
                observer.Defect(defect);
            }
        }
    }

    // What keeps one from being woken keeps no other from it.
    private async ValueTask WakeAsync(SessionKey session, CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<ISessionGrain>(SessionName.Of(session)).WakeAsync().WaitAsync(Period, time, stoppingToken);
        }
        catch (Exception e) when (Transient.Is(e))
        {
            // It is found again at the next time.
        }
    }
}
