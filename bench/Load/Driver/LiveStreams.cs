using Sluice.Bench.Engine;
using Sluice.Bench.Load;

namespace Sluice.Bench.Driver;

/// <summary>
/// What a stream that is open and almost silent keeps resident: RSS with 2 000 of them less RSS before, divided by 2 000. Kernel memory of the
/// sockets is not in it. The process is fresh and warmed up with few streams at once, so that buffers pooled for earlier streams do not hide the cost.
/// </summary>
internal static class LiveStreams
{
    public const string Name = "stream-memory";

    private const int Streams = 2000;

    public static readonly Figure Collected = new("KB/stream", Comparison.Absolute, 40);
    public static readonly Figure AsItIs = new("KB/stream with garbage", Comparison.Absolute, Aim: null);

    /// <summary>A second between events; long enough to open all, settle and read.</summary>
    private static readonly Pacing Silent = new(16, 1000);

    public static IEnumerable<SingleFigure> Measure(RunningTarget target, StubEngine engine, TimeSpan warmUp, IReadOnlyList<string> headers)
    {
        WarmUp.Run(target, engine, warmUp, connections: 16, headers);
        var before = RestingMemory.Read(target);
        engine.Pace(Silent);

        RestingMemory with = default;
        var plan = new LoadPlan(
            target.Ports,
            "/invoke/stream",
            Streams,
            Silent.Events,
            Ramp: TimeSpan.FromSeconds(7),
            Spread: TimeSpan.FromSeconds(3),
            Window: TimeSpan.FromMilliseconds(1),
            Drain: TimeSpan.FromSeconds(30))
        {
            Headers = headers,
            SaysDone = target.SaysDone,
        };
        using var load = new ClosedLoop(plan) { WindowEnded = () => with = RestingMemory.Read(target) };
        load.Run();

        yield return new SingleFigure(Name, target.Name, 1, AsItIs.Name, (with.AsItIs.Rss - before.AsItIs.Rss) / Streams);
        yield return new SingleFigure(Name, target.Name, 1, Collected.Name, (with.Collected.Rss - before.Collected.Rss) / Streams);
        yield return new SingleFigure(Name, target.Name, 1, LoadScenario.Wrong, load.Figures.Lost + load.Figures.Repeated + load.Figures.FailedRequests);
    }
}
