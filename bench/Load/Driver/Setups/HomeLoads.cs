namespace Sluice.Bench.Driver.Setups;

/// <summary>The loads that every home gets in turns.</summary>
internal static class HomeLoads
{
    public const string Prefix = "home-";

    /// <summary>What keeping turns may cost a stream: 15 %.</summary>
    private const double Most = 1.15;
    private const double Least = 0.85;

    public static readonly LoadScenario[] All =
    [
        LoadScenario.Invoke with
        {
            Name = Prefix + "invoke",
            Figures =
            [
                new(LoadScenario.RequestsPerSecond, Comparison.Ratio, Aim: null),
                new(LoadScenario.CpuPerRequest, Comparison.Ratio, Aim: null),
                new(LoadScenario.DatabaseCpuPerRequest, Comparison.Absolute, Aim: null),
                LoadScenario.NothingWrong,
            ],
        },
        LoadScenario.Invoke with
        {
            Name = Prefix + "invoke1",
            Connections = 1,
            Figures =
            [
                new(LoadScenario.DurationP50, Comparison.Difference, Aim: null),
                new(LoadScenario.DurationP99, Comparison.Difference, Aim: null),
                LoadScenario.NothingWrong,
            ],
        },
        LoadScenario.Stream20 with
        {
            Name = Prefix + "stream20",
            Figures =
            [
                new(LoadScenario.EventsPerSecond, Comparison.Ratio, Least, AtLeast: true),
                new(LoadScenario.CpuPerEvent, Comparison.Ratio, Aim: null),
                LoadScenario.NothingWrong,
            ],
        },
        LoadScenario.Paced(500,
        [
            new(LoadScenario.EventsPerSecond, Comparison.Ratio, Least, AtLeast: true),
            new(LoadScenario.CpuPerEvent, Comparison.Ratio, Most),
            new(LoadScenario.DatabaseCpuPerEvent, Comparison.Absolute, Aim: null),
            new(LoadScenario.LagP50, Comparison.Difference, Aim: null),
            new(LoadScenario.LagP99, Comparison.Difference, Aim: null),
            LoadScenario.NothingWrong,
        ]) with
        {
            Name = Prefix + "paced500",
        },
    ];
}
