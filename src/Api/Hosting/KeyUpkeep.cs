using Sluice.Core.Keys;
using Sluice.Core.Storage;

namespace Sluice.Api.Hosting;

/// <summary>Keeps the known keys up to date. The gateway does not begin to listen before it knows them.</summary>
internal sealed partial class KeyUpkeep(KnownKeys keys, TimeProvider time, ILogger<KeyUpkeep> log) : BackgroundService
{
    private bool _failed;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.RefreshAsync(cancellationToken);
        Known(log, keys.Ring.Count);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(KnownKeys.Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RefreshAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            var before = keys.Ring;
            await keys.RefreshAsync(cancellationToken);
            if (!ReferenceEquals(before, keys.Ring))
            {
                Known(log, keys.Ring.Count);
            }

            if (_failed)
            {
                _failed = false;
                ReadAgain(log);
            }
        }
        catch (StorageUnavailableException e)
        {
            if (!_failed)
            {
                _failed = true;
                NotRead(log, KnownKeys.Patience.TotalMinutes, e.Message);
            }
        }
    }

    [LoggerMessage(42, LogLevel.Information, "{Keys} API keys are known")]
    private static partial void Known(ILogger log, int keys);

    [LoggerMessage(43, LogLevel.Warning, "API keys cannot be read; those known are believed for {Minutes} min: {Reason}")]
    private static partial void NotRead(ILogger log, double minutes, string reason);

    [LoggerMessage(44, LogLevel.Information, "API keys can be read again")]
    private static partial void ReadAgain(ILogger log);
}
