using Sluice.Api.Configuration;
using Sluice.Core.Storage;

namespace Sluice.Api.Hosting;

/// <summary>Says where sessions are stored; then forgets once a minute what is older, or more, than is to be kept.</summary>
internal sealed partial class StorageUpkeep(ISessionStore store, StorePlace place, StorageOptions options, TimeProvider time, ILogger<StorageUpkeep> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Stored(log, place.Description);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await PruneAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await store.PruneAsync(options.Retention, time.GetUtcNow(), cancellationToken) is var turns and > 0)
            {
                Forgotten(log, turns);
            }
        }
        catch (StorageUnavailableException)
        {
            // The store's observer has said so; there is another minute.
        }
    }

    [LoggerMessage(31, LogLevel.Information, "Sessions are stored in {Place}")]
    private static partial void Stored(ILogger log, string place);

    [LoggerMessage(32, LogLevel.Information, "{Turns} stored turns were older, or more, than is kept and are forgotten")]
    private static partial void Forgotten(ILogger log, int turns);
}
