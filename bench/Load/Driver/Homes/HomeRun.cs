namespace Sluice.Bench.Driver.Homes;

/// <summary>The same gateway at each <see cref="Home"/>: loads in turns, then what resuming and remembering cost.</summary>
internal sealed class HomeRun(Options options, BenchDirectory directory, RawFigures raw, Func<LoadScenario, RunningTarget, StubEngine, int, WindowFigures> measure)
{
    private readonly List<WindowFigures> _windows = [];
    private readonly List<SingleFigure> _singles = [];

    public static readonly string[] Names = [.. HomeLoads.All.Select(scenario => scenario.Name), Resumption.Name, StoredSessions.Name];

    /// <summary>Measures what was asked for.</summary>
    public void Run(Target gateway, StubEngine engine)
    {
        using var database = new DatabaseServer();
        if (Names.Except([StoredSessions.Name]).Intersect(options.Scenarios).Any())
        {
            List<RunningTarget> running = [];
            try
            {
                foreach (var home in options.Homes)
                {
                    running.Add(home.Applied(gateway, database).Start(directory, engine, options.TargetCore));
                }

                MeasureRunning(running, engine);
            }
            finally
            {
                running.ForEach(target => target.Dispose());
            }
        }

        if (options.Scenarios.Contains(StoredSessions.Name))
        {
            foreach (var home in options.Homes)
            {
                Console.WriteLine($"{StoredSessions.Name}, {home.Name}");
                using var target = RestingMemory.Frugal(home.Applied(gateway, database)).Start(directory, engine, options.TargetCore);
                Keep(StoredSessions.Measure(home, target, database, options.Headers));
            }
        }
    }

    /// <summary>A table for each home, compared with memory.</summary>
    public IEnumerable<string> Tables()
    {
        foreach (var home in options.Homes.Where(home => home != Home.Memory))
        {
            var table = new Table(Home.Memory.Name, home.Name);
            foreach (var scenario in HomeLoads.All)
            {
                foreach (var figure in scenario.Figures)
                {
                    table.Add(scenario.Name, figure, Windows(Home.Memory), Windows(home));

                    double[] Windows(Home at) =>
                        [.. _windows.Where(window => window.Scenario == scenario.Name && window.Target == at.Name).Select(window => window[figure.Name]).OfType<double>()];
                }
            }

            foreach (var (scenario, figure) in _singles.Select(single => (single.Scenario, single.Figure)).Distinct())
            {
                table.Add(scenario, new Figure(figure, Comparison.Absolute, Aim: null), Singles(Home.Memory), Singles(home));

                double[] Singles(Home at) =>
                    [.. _singles.Where(single => single.Scenario == scenario && single.Figure == figure && single.Target == at.Name).Select(single => single.Value)];
            }

            if (!table.IsEmpty)
            {
                yield return table.ToString();
            }
        }
    }

    private void MeasureRunning(List<RunningTarget> running, StubEngine engine)
    {
        foreach (var target in running)
        {
            Console.WriteLine($"warm-up, {target.Name}");
            WarmUp.Run(target, engine, options.WarmUp * 2, connections: 64, options.Headers);
        }

        foreach (var scenario in HomeLoads.All.Where(scenario => options.Scenarios.Contains(scenario.Name)))
        {
            for (var round = 1; round <= options.Rounds; round++)
            {
                foreach (var target in round % 2 == 1 ? running : running.AsEnumerable().Reverse())
                {
                    _windows.Add(measure(scenario, target, engine, round));
                }
            }
        }

        foreach (var target in running.Where(_ => options.Scenarios.Contains(Resumption.Name)))
        {
            Console.WriteLine($"{Resumption.Name}, {target.Name}");
            Keep(Resumption.Measure(target, engine, options.Headers));
        }
    }

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
