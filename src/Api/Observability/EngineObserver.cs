using Sluice.Core.Engines;

namespace Sluice.Api.Observability;

/// <summary>Writes what is done about an engine that misbehaves. Its own words for it stay out, as they may repeat what was said.</summary>
internal sealed partial class EngineObserver(ILogger<EngineObserver> log) : IEngineObserver
{
    public void CircuitChanged(RegionHealth health, bool isReported)
    {
        switch (health.Circuit)
        {
            case CircuitState.Open when isReported:
                CircuitReported(log, health.Engine, health.Region, health.TriedAgainIn?.TotalMilliseconds ?? 0);
                break;
            case CircuitState.Open:
                CircuitOpened(log, health.Engine, health.Region, health.TriedAgainIn?.TotalMilliseconds ?? 0);
                break;
            case CircuitState.HalfOpen:
                CircuitTried(log, health.Engine, health.Region);
                break;
            default:
                CircuitClosed(log, health.Engine, health.Region);
                break;
        }
    }

    public void Repeating(ServedBy place, EngineFault fault, TimeSpan? after)
    {
        if (after is { } wait)
        {
            TurnRepeated(log, place.Engine, place.Region, fault.Code, fault.UpstreamStatus, wait.TotalMilliseconds);
        }
        else
        {
            TurnMoved(log, place.Engine, place.Region, fault.Code, fault.UpstreamStatus);
        }
    }

    [LoggerMessage(40, LogLevel.Warning, "Engine {Engine} in {Region} has failed too often: no calls for {Milliseconds:0} ms")]
    private static partial void CircuitOpened(ILogger log, string engine, string region, double milliseconds);

    [LoggerMessage(41, LogLevel.Information, "Engine {Engine} in {Region} is sent one call, to see")]
    private static partial void CircuitTried(ILogger log, string engine, string region);

    [LoggerMessage(42, LogLevel.Information, "Engine {Engine} in {Region} answers again")]
    private static partial void CircuitClosed(ILogger log, string engine, string region);

    [LoggerMessage(43, LogLevel.Debug, "A turn is sent again to engine {Engine} in {Region} in {Milliseconds:0} ms: {Code}, upstream status {UpstreamStatus}")]
    private static partial void TurnRepeated(ILogger log, string engine, string region, string code, int? upstreamStatus, double milliseconds);

    [LoggerMessage(44, LogLevel.Debug, "A turn moves on from engine {Engine} in {Region}: {Code}, upstream status {UpstreamStatus}")]
    private static partial void TurnMoved(ILogger log, string engine, string region, string code, int? upstreamStatus);

    [LoggerMessage(45, LogLevel.Warning, "Engine {Engine} in {Region} has failed another gateway too often: no calls for {Milliseconds:0} ms")]
    private static partial void CircuitReported(ILogger log, string engine, string region, double milliseconds);
}
