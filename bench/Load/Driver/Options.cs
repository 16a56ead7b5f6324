using System.Globalization;
using Sluice.Bench.Driver.Setups;

namespace Sluice.Bench.Driver;

/// <summary>The command line of a run; <see cref="Usage"/> says what each word means.</summary>
internal sealed record Options
{
    public const string Usage = """
        dotnet run -c Release --project bench/Load -- [options]

          --scenario A,B     only these: startup, invoke, stream20, paced100, paced500, paced2000, stream-memory, session-memory,
                             goodput, outage, home-invoke, home-invoke1, home-stream20, home-paced500, home-paced2000, home-own100,
                             home-across100, home-first, home-resume, home-sessions, gate-invoke
          --homes A,B        only these beside memory: sqlite, postgres, postgres3, silo, silo2, silo3
          --gates A,B        only these beside open: keys, audit, limits, cache-miss, all, cache-hit
          --rounds N         windows per scenario and target (5)
          --seconds S        length of a window (6)
          --warmup S         seconds of warm-up per target and kind of load (60)
          --quick            2 rounds of 2 seconds after 4 seconds of warm-up: shows that it runs, proves nothing
          --gateway DIR      a published gateway; without it src/Api is published first
          --silo DIR         a published silo; without it src/Silo is published first, if it is needed and Orleans restores
          --comparator DIR   a published comparator; without it bench/Comparator is published first
          --env K=V          for the gateway only, repeatable; {run} in V becomes a fresh directory
          --header 'K: V'    on every request to both, repeatable
          --dialect D        what the engine speaks: query or adk (query)
          --cores T,L        the core of gateway and comparator, and the core of load and engine (0,1)
          --max-noise CORES  wait while others use more of the machine than this, and measure again if they did within a window (0.2)
          --no-tracing       do not give the gateway a collector
          --label TEXT       kept with the raw figures
        """;

    private static readonly string[] HomeScenarios = [.. HomeLoads.All.Select(scenario => scenario.Name), FirstEvents.Name, Resumption.Name, StoredSessions.Name];

    public static readonly string[] AllScenarios = [Startup.Name, .. LoadScenario.All.Select(scenario => scenario.Name), LiveStreams.Name, IdleSessions.Name, Goodput.Name, Outage.Name, .. HomeScenarios, .. GateLoads.All.Select(scenario => scenario.Name)];

    public IReadOnlyList<string> Scenarios { get; private set; } = AllScenarios;

    public bool AsksForHomes => Scenarios.Intersect(HomeScenarios).Any();

    public IReadOnlyList<Setup> Homes { get; private set; } = Setups.Homes.All;

    public IReadOnlyList<Setup> Gates { get; private set; } = Setups.Gates.All;

    public int Rounds { get; private set; } = 5;

    public TimeSpan Window { get; private set; } = TimeSpan.FromSeconds(6);

    public TimeSpan WarmUp { get; private set; } = TimeSpan.FromSeconds(60);

    public string? Gateway { get; private set; }

    public string? Comparator { get; private set; }

    public string? Silo { get; private set; }

    public Dictionary<string, string> Environment { get; } = [];

    public List<string> Headers { get; } = [];

    public string Dialect { get; private set; } = "query";

    public int TargetCore { get; private set; }

    public int LoadCore { get; private set; } = 1;

    public double MaxNoise { get; private set; } = 0.2;

    public bool Tracing { get; private set; } = true;

    public string Label { get; private set; } = "";

    /// <summary>Throws <see cref="FormatException"/> for what it does not know.</summary>
    public static Options Parse(IEnumerable<string> arguments)
    {
        var options = new Options();
        using var words = arguments.GetEnumerator();
        while (words.MoveNext())
        {
            options.Take(words.Current, () => words.MoveNext() ? words.Current : throw new FormatException("The last option lacks its value."));
        }

        return options;
    }

    private void Take(string option, Func<string> next)
    {
        switch (option)
        {
            case "--scenario":
                Scenarios = next().Split(',');
                if (Scenarios.Except(AllScenarios).FirstOrDefault() is { } unknown)
                {
                    throw new FormatException($"There is no scenario '{unknown}'; there are {string.Join(", ", AllScenarios)}.");
                }

                break;
            case "--homes":
                Homes = Chosen(Setups.Homes.All, next());
                break;
            case "--gates":
                Gates = Chosen(Setups.Gates.All, next());
                break;
            case "--rounds":
                Rounds = int.Parse(next(), CultureInfo.InvariantCulture);
                break;
            case "--seconds":
                Window = Seconds(next());
                break;
            case "--warmup":
                WarmUp = Seconds(next());
                break;
            case "--quick":
                (Rounds, Window, WarmUp) = (2, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
                break;
            case "--gateway":
                Gateway = Path.GetFullPath(next());
                break;
            case "--comparator":
                Comparator = Path.GetFullPath(next());
                break;
            case "--silo":
                Silo = Path.GetFullPath(next());
                break;
            case "--env":
                var pair = next().Split('=', 2);
                Environment[pair[0]] = pair.Length == 2 ? pair[1] : throw new FormatException($"--env {pair[0]} lacks '=VALUE'.");
                break;
            case "--header":
                Headers.Add(next());
                break;
            case "--cores":
                var cores = next().Split(',');
                (TargetCore, LoadCore) = (int.Parse(cores[0], CultureInfo.InvariantCulture), int.Parse(cores[1], CultureInfo.InvariantCulture));
                break;
            case "--dialect":
                Dialect = next();
                break;
            case "--max-noise":
                MaxNoise = double.Parse(next(), CultureInfo.InvariantCulture);
                break;
            case "--no-tracing":
                Tracing = false;
                break;
            case "--label":
                Label = next();
                break;
            default:
                throw new FormatException($"Unknown option '{option}'.\n\n{Usage}");
        }
    }

    private static Setup[] Chosen(Setup[] all, string names) =>
        [all[0], .. names.Split(',').Select(name => Array.Find(all, setup => setup.Name == name) ?? throw new FormatException($"There is no '{name}' among {string.Join(", ", all.Select(setup => setup.Name))}."))];

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(double.Parse(text, CultureInfo.InvariantCulture));
}
