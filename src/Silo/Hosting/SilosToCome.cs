namespace Sluice.Silo.Hosting;

/// <summary>Silos may start after their front ends: these wait for the first one, and say so.</summary>
internal sealed partial class SilosToCome(SiloOptions options, TimeProvider time, ILogger<SilosToCome> log) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private bool _isWaiting;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_isWaiting)
        {
            _isWaiting = true;
            Waiting(log, options.Cluster);
        }

        await Task.Delay(Period, time, cancellationToken);
        return true;
    }

    [LoggerMessage(60, LogLevel.Warning, "No silo of cluster {Cluster} can be reached: the front end waits for one before it listens")]
    private static partial void Waiting(ILogger log, string cluster);
}
