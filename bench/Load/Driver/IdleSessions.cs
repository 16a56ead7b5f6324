using Sluice.Bench.Load;

namespace Sluice.Bench.Driver;

/// <summary>
/// What a session keeps resident once its turn is over: every /invoke without a session id makes one. RSS after full collections with 40 000 of them
/// less that with 20 000, divided by the difference: the first half pays for whatever grows once, the second only for sessions. The comparator has no
/// sessions; its figure is what the method itself is off by.
/// </summary>
internal static class IdleSessions
{
    public const string Name = "session-memory";

    private const int Half = 20_000;

    public static readonly Figure Figure = new("KB/session", Comparison.Absolute, 2);

    public static IEnumerable<SingleFigure> Measure(RunningTarget target, IReadOnlyList<string> headers)
    {
        var failed = Create(target, headers);
        var first = RestingMemory.Read(target);
        failed += Create(target, headers);
        var second = RestingMemory.Read(target);

        yield return new SingleFigure(Name, target.Name, 1, Figure.Name, (second.Collected.Rss - first.Collected.Rss) / Half);
        yield return new SingleFigure(Name, target.Name, 1, LoadScenario.Wrong, failed);
    }

    private static long Create(RunningTarget target, IReadOnlyList<string> headers)
    {
        var plan = new LoadPlan(
            target.Port,
            "/invoke",
            Connections: 8,
            EventsPerStream: 0,
            Ramp: TimeSpan.Zero,
            Spread: TimeSpan.Zero,
            Window: TimeSpan.FromSeconds(60),
            Drain: TimeSpan.FromSeconds(5))
        {
            Headers = headers,
            MaxRequests = Half,
        };
        using var load = new ClosedLoop(plan);
        load.Run();
        Thread.Sleep(TimeSpan.FromSeconds(1));
        return load.Figures.FailedRequests + Math.Max(Half - load.Figures.Requests, 0);
    }
}
