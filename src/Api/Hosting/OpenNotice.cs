using Sluice.Api.Configuration;

namespace Sluice.Api.Hosting;

/// <summary>Says once that callers are not told apart: who runs a gateway so should know.</summary>
internal sealed partial class OpenNotice(AuthOptions options, ILogger<OpenNotice> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.IsLocal)
        {
            OnlyFromHere(log);
        }
        else
        {
            FromAnywhere(log);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(40, LogLevel.Information, "Callers are not told apart, and only those on this machine can call; Sluice:Auth:Mode opens it to others")]
    private static partial void OnlyFromHere(ILogger log);

    [LoggerMessage(41, LogLevel.Warning, "Callers are not told apart (Sluice:Auth:Mode is none): whoever reaches this gateway sees and does everything")]
    private static partial void FromAnywhere(ILogger log);
}
