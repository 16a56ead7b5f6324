using Sluice.Api.Configuration;
using Sluice.Core.Storage;

namespace Sluice.Api.Hosting;

/// <summary>Ends what the last process left without an end, before this one listens; then forgets once a minute what is older, or more, than is to be kept.</summary>
internal sealed partial class StorageUpkeep(
    SessionJournal journal, DataDirectory directory, StorageOptions options, TimeProvider time, ILogger<StorageUpkeep> log)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var ended = await journal.EndInterruptedAsync(cancellationToken);
        Stored(log, directory.Path, ended);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
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
            if (await journal.Store.PruneAsync(options.Retention, time.GetUtcNow(), cancellationToken) is var turns and > 0)
            {
                Forgotten(log, turns);
            }
        }
        catch (StorageUnavailableException)
        {
            // The store's observer has said so; there is another minute.
        }
    }

    [LoggerMessage(31, LogLevel.Information, "Sessions are stored in {Directory}; {Turns} turns had no end and were given one")]
    private static partial void Stored(ILogger log, string directory, int turns);

    [LoggerMessage(32, LogLevel.Information, "{Turns} stored turns were older, or more, than is kept and are forgotten")]
    private static partial void Forgotten(ILogger log, int turns);
}
