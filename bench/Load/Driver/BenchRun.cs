using System.Diagnostics;
using System.Globalization;
using Sluice.Bench.Driver.Setups;
using Sluice.Bench.Engine;
using Sluice.PostgresKit;

namespace Sluice.Bench.Driver;

/// <summary>
/// One run: publish, start, warm up, measure in turns, compare. Synchronous and on the main thread throughout, because the children die with the thread
/// that started them.
/// </summary>
internal sealed class BenchRun(Options options, BenchDirectory directory, RawFigures raw)
{
    private const int MaxAttempts = 3;

    private readonly Quiet _quiet = new(options.MaxNoise, TimeSpan.FromMinutes(5));
    private readonly List<WindowFigures> _windows = [];
    private readonly List<SingleFigure> _singles = [];
    private readonly List<GoodputFigures> _goodput = [];
    private readonly List<OutageFigures> _outages = [];
    private readonly List<string> _notes = [];
    private readonly List<SetupRun> _setups = [];
    private int _noisy;

    // The other scenarios have engines of their own.
    private bool Compared => _windows.Count + _singles.Count > 0;

    /// <summary>The report, as markdown.</summary>
    public string Run()
    {
        var machine = Machine.Describe(options.Label);
        raw.Keep("machine", machine);
        Target[] targets =
        [
            new("comparator", "Sluice.Bench.Comparator", options.Comparator ?? Publication.Publish(directory.Root, "bench/Comparator", "comparator"), new Dictionary<string, string>()),
            new("gateway", "sluice", options.Gateway ?? Publication.Publish(directory.Root, "src/Api", "gateway"), GatewayEnvironment()),
        ];
        var silo = Silo();
        Pin(options.LoadCore);
        using var engine = new StubEngine(directory, options.LoadCore, options.Dialect);

        if (options.Scenarios.Contains(Startup.Name))
        {
            Console.WriteLine(Startup.Name);
            Keep(Startup.Measure(targets, directory, engine, options.TargetCore, _quiet));
        }

        MeasureLoads(targets, engine);
        MeasureMemory(LiveStreams.Name, targets, engine, target => LiveStreams.Measure(target, engine, options.WarmUp / 4, options.Headers));
        MeasureMemory(IdleSessions.Name, targets, engine, target => IdleSessions.Measure(target, options.Headers));
        Keep(Goodput.Name, _goodput, () => Goodput.Measure(targets[1], directory, options));
        Keep(Outage.Name, _outages, () => Outage.Measure(targets[1], directory, options));
        if (PostgresServer.WhyNot(own: true) is { } missing)
        {
            _notes.Add($"Where sessions live was not compared: {missing}");
        }
        else
        {
            Compare(new SetupRun(silo is null ? [.. options.Homes.Where(home => !home.IsCluster)] : options.Homes, HomeLoads.All, isOfHomes: true, options, directory, raw, MeasureInQuiet), targets[1], engine, silo);
        }

        Compare(new SetupRun(options.Gates, GateLoads.All, isOfHomes: false, options, directory, raw, MeasureInQuiet), targets[1], engine);

        var statistics = engine.Statistics;
        raw.Keep("engine", statistics);
        if (options.Tracing && Compared && statistics.TraceExports == 0)
        {
            _notes.Add("No trace was exported: the gateway was measured without tracing.");
        }

        return Report(machine, statistics);
    }

    private Dictionary<string, string> GatewayEnvironment()
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["AGENT_ENGINE_DIALECT"] = options.Dialect };
        if (options.Tracing)
        {
            environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://{engine}";
            environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        }

        foreach (var (key, value) in options.Environment)
        {
            environment[key] = value;
        }

        return environment;
    }

    private void MeasureLoads(Target[] targets, StubEngine engine)
    {
        var scenarios = LoadScenario.All.Where(scenario => options.Scenarios.Contains(scenario.Name)).ToArray();
        if (scenarios.Length == 0)
        {
            return;
        }

        using var comparator = targets[0].Start(directory, engine, options.TargetCore);
        using var gateway = targets[1].Start(directory, engine, options.TargetCore);
        RunningTarget[] running = [comparator, gateway];
        foreach (var target in running)
        {
            Console.WriteLine($"warm-up, {target.Name}");
            WarmUp.Run(target, engine, options.WarmUp * 2, connections: 64, options.Headers);
        }

        foreach (var scenario in scenarios)
        {
            for (var round = 1; round <= options.Rounds; round++)
            {
                // A B, B A, A B: what drifts, drifts for both.
                foreach (var target in round % 2 == 1 ? running : running.Reverse())
                {
                    _windows.Add(MeasureInQuiet(scenario, target, engine, round, options.Headers));
                }
            }
        }
    }

    /// <summary>Waits for quiet; a window in which others used the machine all the same is measured again, a few times; the quietest counts and the raw figures have them all.</summary>
    private WindowFigures MeasureInQuiet(LoadScenario scenario, RunningTarget target, StubEngine engine, int round, IReadOnlyList<string> headers)
    {
        WindowFigures? quietest = null;
        for (var attempt = 1; attempt == 1 || (attempt <= MaxAttempts && _quiet.Patient); attempt++)
        {
            _quiet.Await();
            var window = scenario.Measure(target, engine, round, options.Window, headers);
            raw.Keep("window", window);
            quietest = quietest is null || window.OtherCores < quietest.OtherCores ? window : quietest;
            if (window.OtherCores <= options.MaxNoise)
            {
                break;
            }

            _noisy++;
            _quiet.Spend(options.Window);
        }

        Tell(quietest!, scenario);
        return quietest!;
    }

    // Null: there is none to be had, or nobody has asked for one.
    private Target? Silo()
    {
        if (!options.AsksForHomes || !options.Homes.Any(home => home.IsCluster))
        {
            return null;
        }

        const string Project = "src/Silo";
        const string Configuration = "Clustered";
        if (options.Silo is null && !Publication.Restores(directory.Root, Project, Configuration))
        {
            _notes.Add("Silos were left out: Orleans' packages do not restore here.");
            return null;
        }

        return new("silo", "sluice-silo", options.Silo ?? Publication.Publish(directory.Root, Project, "silo", Configuration), GatewayEnvironment());
    }

    private void Compare(SetupRun run, Target gateway, StubEngine engine, Target? silo = null)
    {
        run.Run(gateway, silo, engine);
        _setups.Add(run);
    }

    private void MeasureMemory(string name, Target[] targets, StubEngine engine, Func<RunningTarget, IEnumerable<SingleFigure>> measure)
    {
        if (!options.Scenarios.Contains(name))
        {
            return;
        }

        foreach (var target in targets)
        {
            Console.WriteLine($"{name}, {target.Name}");
            using var running = RestingMemory.Frugal(target).Start(directory, engine, options.TargetCore);
            Keep(measure(running));
        }
    }

    private void Keep(IEnumerable<SingleFigure> figures)
    {
        foreach (var figure in figures)
        {
            raw.Keep("figure", figure);
            _singles.Add(figure);
        }
    }

    private void Keep<T>(string name, List<T> kept, Func<IEnumerable<T>> measure)
    {
        if (!options.Scenarios.Contains(name))
        {
            return;
        }

        Console.WriteLine(name);
        foreach (var figures in measure())
        {
            raw.Keep(name, figures);
            kept.Add(figures);
            Console.WriteLine(figures);
        }
    }

    private static void Tell(WindowFigures window, LoadScenario scenario)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario.Name} {window.Round} {window.Target}: {string.Join(", ", scenario.Figures.Select(figure => $"{figure.Name} {window[figure.Name]:0.###}"))}; cores: target {window.TargetCpu / window.Seconds:0.00}, load {window.LoadCpu / window.Seconds:0.00}, engine {window.EngineCpu / window.Seconds:0.00}, database {window.DatabaseCpu / window.Seconds:0.00}, others {window.OtherCores:0.00}"));
        if (window.FirstFailure is { } failure)
        {
            Console.WriteLine($"  first failure: {failure}");
        }
    }

    private string Report(Machine machine, EngineStatistics engine)
    {
        var table = new Table();
        Single(Startup.Name, Startup.Figure);
        foreach (var scenario in LoadScenario.All)
        {
            foreach (var figure in scenario.Figures)
            {
                table.Add(scenario.Name, figure, Windows("comparator"), Windows("gateway"));

                double[] Windows(string target) =>
                    [.. _windows.Where(window => window.Scenario == scenario.Name && window.Target == target).Select(window => window[figure.Name]).OfType<double>()];
            }
        }

        Single(LiveStreams.Name, LiveStreams.Collected);
        Single(LiveStreams.Name, LiveStreams.AsItIs);
        Single(LiveStreams.Name, LoadScenario.NothingWrong);
        Single(IdleSessions.Name, IdleSessions.Figure);
        Single(IdleSessions.Name, LoadScenario.NothingWrong);

        var noise = _windows.Count == 0 ? 0 : _windows.Sum(window => window.OtherCpu) / _windows.Sum(window => window.Seconds);
        string[] notes =
        [
            $"{machine.Processor}, {machine.Cores} cores, {machine.Kernel}, {machine.Runtime}, {machine.Time:yyyy-MM-dd HH:mm} UTC. {machine.Label}".TrimEnd(),
            .. _windows.Count == 0 ? Array.Empty<string>() : [$"Medians of {options.Rounds} windows of {options.Window.TotalSeconds:0.#} s, lowest to highest behind them. Others used {noise:0.00} cores meanwhile; {_noisy} windows had more than {options.MaxNoise:0.00} of them and were measured again as long as patience lasted."],
            .. Compared ? [$"The collector took {engine.TraceExports} exports, {engine.TraceBytes / 1024} KB."] : Array.Empty<string>(),
            .. _notes,
        ];
        string[] tables =
        [
            .. table.IsEmpty ? Array.Empty<string>() : [table.ToString()],
            .. _goodput.Count == 0 ? Array.Empty<string>() : [string.Join('\n', [GoodputFigures.Head, .. _goodput])],
            .. _outages.Count == 0 ? Array.Empty<string>() : [string.Join('\n', [OutageFigures.Head, .. _outages])],
            .. _setups.SelectMany(run => run.Tables()),
        ];
        return string.Join('\n', notes) + "\n\n" + string.Join("\n\n", tables);

        void Single(string scenario, Figure figure) => table.Add(scenario, figure, Singles("comparator", scenario, figure), Singles("gateway", scenario, figure));
    }

    private double[] Singles(string target, string scenario, Figure figure) =>
        [.. _singles.Where(single => single.Target == target && single.Scenario == scenario && single.Figure == figure.Name).Select(single => single.Value)];

    private static void Pin(int core)
    {
        var id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        using var pin = Process.Start(new ProcessStartInfo("taskset", ["-a", "-c", "-p", $"{core}", id]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        pin.StandardOutput.ReadToEnd();
        pin.WaitForExit();
        if (pin.ExitCode != 0)
        {
            throw new InvalidOperationException($"Could not pin the load to core {core}.");
        }
    }
}
