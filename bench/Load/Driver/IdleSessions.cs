using Sluice.Bench.Load;

namespace Sluice.Bench.Driver;

/// <summary>
/// What a session keeps resident once its turn is over: every /invoke without a session id makes one. RSS after full collections with 45 000 of them
/// less that with 15 000, divided by the difference: the first ones pay for whatever grows once, the others only for themselves. The comparator has no
/// sessions; its figure is what the method itself is off by.
/// </summary>
internal static class IdleSessions
{
    public const string Name = "session-memory";

    // Together fewer than a gateway remembers (50 000): of those that it forgot nothing would be counted.
    private const int Before = 15_000;
    public const int Counted = 30_000;

    public static readonly Figure Figure = new("KB/session", Comparison.Absolute, 2);

    public static IEnumerable<SingleFigure> Measure(RunningTarget target, IReadOnlyList<string> headers, Action? between = null)
    {
        var wrong = Create(target, Before, headers);
        var before = RestingMemory.Read(target);
        between?.Invoke();
        wrong += Create(target, Counted, headers);
        var after = RestingMemory.Read(target);

        yield return new SingleFigure(Name, target.Name, 1, Figure.Name, (after.Collected.Rss - before.Collected.Rss) / Counted);
        yield return new SingleFigure(Name, target.Name, 1, LoadScenario.Wrong, wrong);
    }

    /// <summary>Few at a time, so that what they leave behind is sessions and not pools for many; returns how many failed or are missing.</summary>
    private static long Create(RunningTarget target, int sessions, IReadOnlyList<string> headers)
    {
        var plan = new LoadPlan(
            target.Ports,
            "/invoke",
            Connections: 8,
            EventsPerStream: 0,
            Ramp: TimeSpan.Zero,
            Spread: TimeSpan.Zero,
            Window: TimeSpan.FromSeconds(60),
            Drain: TimeSpan.FromSeconds(5))
        {
            Headers = headers,
            MaxRequests = sessions,
        };
        using var load = new ClosedLoop(plan);
        load.Run();
        Thread.Sleep(TimeSpan.FromSeconds(2));
        return load.Figures.FailedRequests + Math.Max(sessions - load.Figures.Requests, 0);
    }
}
