using Sluice.Bench.Engine;
using Sluice.Bench.Load;
using Sluice.Bench.Processes;

namespace Sluice.Bench.Driver;

/// <summary>A load that both targets get in turns, and the figures it is there for.</summary>
internal sealed record LoadScenario(string Name, string Path, int Connections, Pacing? Streams, IReadOnlyList<Figure> Figures)
{
    public const string RequestsPerSecond = "requests/s";
    public const string EventsPerSecond = "events/s";
    public const string CpuPerRequest = "CPU us/request";
    public const string CpuPerEvent = "CPU us/event";
    public const string DatabaseCpuPerRequest = "database CPU us/request";
    public const string DatabaseCpuPerEvent = "database CPU us/event";
    public const string DurationP50 = "duration p50 ms";
    public const string DurationP99 = "duration p99 ms";
    public const string LagP50 = "lag p50 ms";
    public const string LagP99 = "lag p99 ms";
    public const string Wrong = "lost, repeated, failed";

    public static readonly Figure NothingWrong = new(Wrong, Comparison.Absolute, 0);

    public static readonly LoadScenario Invoke = new("invoke", "/invoke", 64, Streams: null,
    [
        new(RequestsPerSecond, Comparison.Ratio, 0.6, AtLeast: true),
        new(CpuPerRequest, Comparison.Ratio, 1.7),
        new(DurationP50, Comparison.Difference, Aim: null),
        new(DurationP99, Comparison.Difference, Aim: null),
        NothingWrong,
    ]);

    public static readonly LoadScenario Stream20 = new("stream20", "/invoke/stream", 64, new Pacing(20, 0),
    [
        new(EventsPerSecond, Comparison.Ratio, 0.5, AtLeast: true),
        new(CpuPerEvent, Comparison.Ratio, Aim: null),
        NothingWrong,
    ]);

    public static readonly LoadScenario[] All =
    [
        Invoke,
        Stream20,
        Paced(100,
        [
            new(CpuPerEvent, Comparison.Ratio, 1.35),
            new(LagP50, Comparison.Difference, 0.1),
            new(LagP99, Comparison.Difference, 1),
            NothingWrong,
        ]),
        Paced(500,
        [
            new(CpuPerEvent, Comparison.Ratio, 1.35),
            new(LagP50, Comparison.Difference, 0.1),
            new(LagP99, Comparison.Difference, 1),
            NothingWrong,
        ]),
        Paced(2000,
        [
            new(EventsPerSecond, Comparison.Ratio, 0.7, AtLeast: true),
            new(CpuPerEvent, Comparison.Ratio, Aim: null),
            new(LagP50, Comparison.Difference, Aim: null),
            new(LagP99, Comparison.Difference, Aim: null),
            NothingWrong,
        ]),
    ];

    /// <inheritdoc cref="LoadPlan.Seating"/>
    public Seating Seating { get; init; }

    /// <summary>Loads <paramref name="target"/> for one window on the calling thread.</summary>
    public WindowFigures Measure(RunningTarget target, StubEngine engine, int round, TimeSpan window, IReadOnlyList<string> headers)
    {
        if (Streams is { } pacing)
        {
            engine.Pace(pacing);
        }

        var streamLength = TimeSpan.FromMilliseconds((Streams?.Events * Streams?.Gap) ?? 0);
        var cpu = new CpuWindow(target.Ids, target.Database, engine.Id);
        var plan = new LoadPlan(
            target.Ports,
            Path,
            Connections,
            Streams?.Events ?? 0,
            Ramp: TimeSpan.FromSeconds(0.5) + (streamLength * 1.5),
            Spread: streamLength,
            Window: window,
            Drain: TimeSpan.FromSeconds(5) + (streamLength * 5))
        {
            Headers = headers,
            SaysDone = target.SaysDone,
            Seating = Seating,
        };
        plan.Seat();
        using var load = new ClosedLoop(plan) { WindowStarted = cpu.Start, WindowEnded = cpu.End };
        load.Run();
        return Kept(target, round, cpu, load.Figures);
    }

    public static LoadScenario Paced(int streams, IReadOnlyList<Figure> figures) =>
        new($"paced{streams}", "/invoke/stream", streams, new Pacing(50, 20), figures);

    private WindowFigures Kept(RunningTarget target, int round, CpuWindow cpu, LoadFigures load) => new()
    {
        Scenario = Name,
        Target = target.Name,
        Round = round,
        Seconds = cpu.Seconds,
        Requests = load.Requests,
        Events = load.Events,
        TargetCpu = cpu.Target,
        DatabaseCpu = cpu.Database,
        EngineCpu = cpu.Engine,
        LoadCpu = cpu.Load,
        OtherCpu = cpu.Other,
        DurationP50Ms = load.Duration.Milliseconds(0.5),
        DurationP99Ms = load.Duration.Milliseconds(0.99),
        LagP50Ms = load.Lag.Milliseconds(0.5),
        LagP99Ms = load.Lag.Milliseconds(0.99),
        Lost = load.Lost,
        Repeated = load.Repeated,
        ErrorEvents = load.ErrorEvents,
        FailedRequests = load.FailedRequests,
        FirstFailure = load.FirstFailure,
        RssKb = target.Ids.Sum(id => Proc.ReadMemory(id).Rss),
    };
}
