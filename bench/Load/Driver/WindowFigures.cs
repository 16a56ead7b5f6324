namespace Sluice.Bench.Driver;

/// <summary>One window of one scenario on one target, as it is kept in the raw figures.</summary>
internal sealed record WindowFigures
{
    public required string Scenario { get; init; }

    public required string Target { get; init; }

    public required int Round { get; init; }

    public required double Seconds { get; init; }

    public required long Requests { get; init; }

    public required long Events { get; init; }

    /// <summary>CPU of the target's process in the window, seconds.</summary>
    public required double TargetCpu { get; init; }

    /// <summary>CPU of the server that the target stores in.</summary>
    public double DatabaseCpu { get; init; }

    public required double EngineCpu { get; init; }

    public required double LoadCpu { get; init; }

    /// <summary>CPU of everything else on the machine, and time stolen by the hypervisor: noise.</summary>
    public required double OtherCpu { get; init; }

    public double OtherCores => OtherCpu / Seconds;

    public double? DurationP50Ms { get; init; }

    public double? DurationP99Ms { get; init; }

    public double? LagP50Ms { get; init; }

    public double? LagP99Ms { get; init; }

    public long Lost { get; init; }

    public long Repeated { get; init; }

    public long ErrorEvents { get; init; }

    public long FailedRequests { get; init; }

    public string? FirstFailure { get; init; }

    public double RssKb { get; init; }

    public double? this[string figure] => figure switch
    {
        LoadScenario.RequestsPerSecond => Requests / Seconds,
        LoadScenario.EventsPerSecond => Events / Seconds,
        LoadScenario.CpuPerRequest when Requests > 0 => TargetCpu * 1e6 / Requests,
        LoadScenario.CpuPerEvent when Events > 0 => TargetCpu * 1e6 / Events,
        LoadScenario.DatabaseCpuPerRequest when Requests > 0 => DatabaseCpu * 1e6 / Requests,
        LoadScenario.DatabaseCpuPerEvent when Events > 0 => DatabaseCpu * 1e6 / Events,
        LoadScenario.CpuPerRequest or LoadScenario.CpuPerEvent or LoadScenario.DatabaseCpuPerRequest or LoadScenario.DatabaseCpuPerEvent => null,
        LoadScenario.DurationP50 => DurationP50Ms,
        LoadScenario.DurationP99 => DurationP99Ms,
        LoadScenario.LagP50 => LagP50Ms,
        LoadScenario.LagP99 => LagP99Ms,
        LoadScenario.Wrong => Lost + Repeated + ErrorEvents + FailedRequests,
        _ => throw new ArgumentOutOfRangeException(nameof(figure), figure, "No such figure."),
    };
}
