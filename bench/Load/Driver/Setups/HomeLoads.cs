using Sluice.Bench.Load;

namespace Sluice.Bench.Driver.Setups;

/// <summary>The loads that every home gets in turns.</summary>
internal static class HomeLoads
{
    public const string Prefix = "home-";

    /// <summary>What keeping turns may cost a stream: 15 %.</summary>
    private const double Most = 1.15;
    private const double Least = 0.85;

    /// <summary>What a silo adds to an event on its way, in milliseconds; with the client at another silo, more.</summary>
    private const double MostAdded = 0.2;
    private const double MostAddedAcross = 0.5;

    /// <summary>Of what the first home can deliver, when there is more than that.</summary>
    private const double LeastOfAll = 0.5;

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
        LoadScenario.Paced(2000,
        [
            new(LoadScenario.EventsPerSecond, Comparison.Ratio, LeastOfAll, AtLeast: true),
            new(LoadScenario.CpuPerEvent, Comparison.Ratio, Aim: null),
            LoadScenario.NothingWrong,
        ]) with
        {
            Name = Prefix + "paced2000",
        },
        Seated("own", Seating.OwnSession, MostAdded),
        Seated("across", Seating.ElsewhereInSession, MostAddedAcross),
    ];

    private static LoadScenario Seated(string where, Seating seating, double mostAdded) => LoadScenario.Paced(100,
    [
        new(LoadScenario.LagP50, Comparison.Difference, mostAdded),
        new(LoadScenario.LagP99, Comparison.Difference, Aim: null),
        new(LoadScenario.CpuPerEvent, Comparison.Ratio, Aim: null),
        LoadScenario.NothingWrong,
    ]) with
    {
        Name = $"{Prefix}{where}100",
        Seating = seating,
    };
}
