namespace Sluice.Bench.Driver.Setups;

/// <summary>The same gateway in each of several setups: loads in turns, and for homes what resuming and remembering cost.</summary>
/// <param name="setups">The first is what the others are compared with.</param>
/// <param name="loads">What each gets.</param>
/// <param name="isOfHomes">Resuming and remembering are measured as well, when they are asked for.</param>
/// <param name="options">Of the run.</param>
/// <param name="directory">For logs and files.</param>
/// <param name="raw">Where figures are kept.</param>
/// <param name="measure">One window of a load.</param>
internal sealed class SetupRun(
    IReadOnlyList<Setup> setups,
    IReadOnlyList<LoadScenario> loads,
    bool isOfHomes,
    Options options,
    BenchDirectory directory,
    RawFigures raw,
    Func<LoadScenario, RunningTarget, StubEngine, int, IReadOnlyList<string>, WindowFigures> measure)
{
    private readonly List<WindowFigures> _windows = [];
    private readonly List<SingleFigure> _singles = [];

    /// <summary>Measures what was asked for.</summary>
    /// <param name="gateway">What runs in a setup.</param>
    /// <param name="silo">What runs in one that is a cluster; null: there is none among them.</param>
    /// <param name="engine">Behind all of them.</param>
    public void Run(Target gateway, Target? silo, StubEngine engine)
    {
        using var database = new DatabaseServer();
        if (AsksFor(Resumption.Name) || AsksFor(FirstEvents.Name) || loads.Any(load => options.Scenarios.Contains(load.Name)))
        {
            List<(Setup Setup, RunningTarget Target)> running = [];
            try
            {
                foreach (var setup in setups)
                {
                    running.Add((setup, Applied(setup).Start(directory, engine, options.TargetCore)));
                }

                MeasureRunning(running, engine);
            }
            finally
            {
                running.ForEach(one => one.Target.Dispose());
            }
        }

        if (AsksFor(StoredSessions.Name))
        {
            foreach (var setup in setups)
            {
                Console.WriteLine($"{StoredSessions.Name}, {setup.Name}");
                using var target = RestingMemory.Frugal(Applied(setup)).Start(directory, engine, options.TargetCore);
                Keep(StoredSessions.Measure(setup, target, database, options.Headers));
            }
        }

        Target Applied(Setup setup) => setup.Applied(setup.IsCluster ? silo! : gateway, database);
    }

    /// <summary>A table for each setup but the first.</summary>
    public IEnumerable<string> Tables()
    {
        foreach (var setup in setups.Skip(1))
        {
            var table = new Table(setups[0].Name, setup.Name);
            foreach (var scenario in loads)
            {
                foreach (var figure in scenario.Figures)
                {
                    table.Add(scenario.Name, figure, Windows(setups[0]), Windows(setup));

                    double[] Windows(Setup at) =>
                        [.. _windows.Where(window => window.Scenario == scenario.Name && window.Target == at.Name).Select(window => window[figure.Name]).OfType<double>()];
                }
            }

            foreach (var (scenario, figure) in _singles.Select(single => (single.Scenario, single.Figure)).Distinct())
            {
                table.Add(scenario, new Figure(figure, Comparison.Absolute, Aim: null), Singles(setups[0]), Singles(setup));

                double[] Singles(Setup at) =>
                    [.. _singles.Where(single => single.Scenario == scenario && single.Figure == figure && single.Target == at.Name).Select(single => single.Value)];
            }

            if (!table.IsEmpty)
            {
                yield return table.ToString();
            }
        }
    }

    private void MeasureRunning(List<(Setup Setup, RunningTarget Target)> running, StubEngine engine)
    {
        foreach (var (setup, target) in running)
        {
            Console.WriteLine($"warm-up, {target.Name}");
            WarmUp.Run(target, engine, options.WarmUp * 2, connections: 64, HeadersOf(setup));
        }

        foreach (var scenario in loads.Where(scenario => options.Scenarios.Contains(scenario.Name)))
        {
            for (var round = 1; round <= options.Rounds; round++)
            {
                foreach (var (setup, target) in round % 2 == 1 ? running : running.AsEnumerable().Reverse())
                {
                    _windows.Add(measure(scenario, target, engine, round, HeadersOf(setup)));
                }
            }
        }

        foreach (var (_, target) in running.Where(_ => AsksFor(FirstEvents.Name)))
        {
            Console.WriteLine($"{FirstEvents.Name}, {target.Name}");
            Keep(FirstEvents.Measure(target, engine, options.Headers));
        }

        foreach (var (_, target) in running.Where(_ => AsksFor(Resumption.Name)))
        {
            Console.WriteLine($"{Resumption.Name}, {target.Name}");
            Keep(Resumption.Measure(target, engine, options.Headers));
        }
    }

    private bool AsksFor(string name) => isOfHomes && options.Scenarios.Contains(name);

    private string[] HeadersOf(Setup setup) => [.. options.Headers, .. setup.Headers];

    private void Keep(IEnumerable<SingleFigure> figures)
    {
        foreach (var figure in figures)
        {
            raw.Keep("figure", figure);
            _singles.Add(figure);
            Console.WriteLine($"  {figure.Figure} {Table.Number(figure.Value)}");
        }
    }
}
