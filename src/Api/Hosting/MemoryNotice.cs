namespace Sluice.Api.Hosting;

/// <summary>Says once that nothing is stored: who runs a gateway so should know.</summary>
internal sealed partial class MemoryNotice(ILogger<MemoryNotice> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        NothingIsStored(log);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(30, LogLevel.Information, "Sessions are in memory only and a restart forgets them; Sluice:Data names a directory to store them in")]
    private static partial void NothingIsStored(ILogger log);
}
