namespace Sluice.Bench.Driver.Setups;

/// <summary>The load that every gate gets in turns: the one on which the price of a request shows most.</summary>
internal static class GateLoads
{
    public const string Name = "gate-invoke";

    public static readonly LoadScenario[] All =
    [
        LoadScenario.Invoke with
        {
            Name = Name,
            Figures =
            [
                new(LoadScenario.RequestsPerSecond, Comparison.Ratio, 0.9, AtLeast: true),
                new(LoadScenario.CpuPerRequest, Comparison.Ratio, Aim: null),
                LoadScenario.NothingWrong,
            ],
        },
    ];
}
