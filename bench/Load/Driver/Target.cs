using System.Diagnostics;
using System.Globalization;
using Sluice.Bench.Processes;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Driver;

/// <summary>What is measured: a published application and its environment. Gateway and comparator understand the same variables.</summary>
internal sealed record Target(string Name, string Program, string Published, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>How many processes of it share the load.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>The first process of the server that it stores in; null when it has none.</summary>
    public int? Database { get; init; }

    public RunningTarget Start(BenchDirectory directory, StubEngine engine, int core)
    {
        var run = directory.FreshRun(Name);
        var started = Stopwatch.StartNew();
        var nodes = new List<(ChildProcess Process, int Port)>();
        for (var node = 0; node < Nodes; node++)
        {
            nodes.Add(StartNode(node, directory, run, engine, core));
        }

        return new RunningTarget(Name, nodes, started.Elapsed) { Database = Database, Directory = run };
    }

    private (ChildProcess Process, int Port) StartNode(int node, BenchDirectory directory, string run, StubEngine engine, int core)
    {
        var port = LoopbackHttp.FreePort();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["Logging__LogLevel__Default"] = "Warning",
            ["AGENT_ENGINE_ENDPOINT"] = $"http://127.0.0.1:{engine.Port}",
            ["AGENT_ENGINE_NAME"] = "projects/bench/locations/us-central1/reasoningEngines/bench",
        };
        foreach (var (key, value) in Environment)
        {
            environment[key] = value
                .Replace("{run}", run, StringComparison.Ordinal)
                .Replace("{engine}", $"127.0.0.1:{engine.Port}", StringComparison.Ordinal)
                .Replace("{port}", $"{LoopbackHttp.FreePort()}", StringComparison.Ordinal);
        }

        var begun = Stopwatch.StartNew();
        var log = directory.Log(Nodes == 1 ? Name : $"{Name}-{node}");
        var process = ChildProcess.Start(core, log, Publication.Command(Published, Program), environment, Published);
        while (LoopbackHttp.Get(port, "/_health").Status != 200)
        {
            Thread.Sleep(1);
            if (process.Exited || begun.Elapsed > TimeSpan.FromSeconds(30))
            {
                process.Dispose();
                throw new InvalidOperationException($"The {Name} did not become healthy; see {log}.");
            }
        }

        return (process, port);
    }
}

/// <summary>A target whose nodes have each answered their first health check.</summary>
internal sealed class RunningTarget(string name, IReadOnlyList<(ChildProcess Process, int Port)> nodes, TimeSpan startup) : IDisposable
{
    public string Name => name;

    /// <summary>Of the first node.</summary>
    public int Port => Ports[0];

    public IReadOnlyList<int> Ports { get; } = [.. nodes.Select(node => node.Port)];

    public IReadOnlyList<int> Ids { get; } = [.. nodes.Select(node => node.Process.Id)];

    /// <inheritdoc cref="Target.Database"/>
    public int? Database { get; init; }

    /// <summary>Where its processes keep their state.</summary>
    public required string Directory { get; init; }

    /// <summary>From starting the first process to the last one's first 200 on /_health.</summary>
    public TimeSpan Startup => startup;

    /// <summary>Whether its streams end with an event named done; then every stream must.</summary>
    public bool SaysDone { get; set; }

    public void Dispose()
    {
        foreach (var (process, _) in nodes)
        {
            process.Dispose();
        }
    }
}
