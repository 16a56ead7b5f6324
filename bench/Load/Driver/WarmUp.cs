using Sluice.Bench.Engine;
using Sluice.Bench.Load;

namespace Sluice.Bench.Driver;

/// <summary>.NET goes on getting faster for tens of seconds on one core: tiers, then profiles. Nothing is measured before.</summary>
internal static class WarmUp
{
    private static readonly Pacing Burst = new(20, 0);
    private static readonly Pacing Paced = new(20, 5);

    /// <summary>Half of <paramref name="time"/> on /invoke, half on streams of both kinds; throws when the target answers wrongly.</summary>
    public static void Run(RunningTarget target, StubEngine engine, TimeSpan time, int connections, IReadOnlyList<string> headers)
    {
        Load(target, "/invoke", 0, time / 2, connections, headers);
        engine.Pace(Burst);
        Load(target, "/invoke/stream", Burst.Events, time / 4, connections, headers);
        engine.Pace(Paced);
        Load(target, "/invoke/stream", Paced.Events, time / 4, connections, headers);
    }

    private static void Load(RunningTarget target, string path, int events, TimeSpan time, int connections, IReadOnlyList<string> headers)
    {
        var plan = new LoadPlan(target.Ports, path, connections, events, Ramp: TimeSpan.Zero, Spread: TimeSpan.Zero, Window: time, Drain: TimeSpan.FromSeconds(10))
        {
            Headers = headers,
        };
        using var load = new ClosedLoop(plan);
        load.Run();
        if (load.Figures is { FailedRequests: > 0 } or { Lost: > 0 } or { Repeated: > 0 } or { ErrorEvents: > 0 } or { Requests: 0 })
        {
            throw new InvalidOperationException(
                $"The {target.Name} fails on {path}: {load.Figures.FailedRequests} requests failed; of the events {load.Figures.Lost} were lost, {load.Figures.Repeated} repeated, {load.Figures.ErrorEvents} errors. {load.Figures.FirstFailure}");
        }

        target.SaysDone |= load.Figures.SaidDone > 0;
    }
}
