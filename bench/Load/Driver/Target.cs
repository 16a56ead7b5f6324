using System.Diagnostics;
using System.Globalization;
using Sluice.Bench.Processes;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Driver;

/// <summary>What is measured: a published application and its environment. Gateway and comparator understand the same variables.</summary>
internal sealed record Target(string Name, string Program, string Published, IReadOnlyDictionary<string, string> Environment)
{
    public RunningTarget Start(BenchDirectory directory, StubEngine engine, int core)
    {
        var port = LoopbackHttp.FreePort();
        var run = directory.FreshRun(Name);
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
            environment[key] = value.Replace("{run}", run, StringComparison.Ordinal).Replace("{engine}", $"127.0.0.1:{engine.Port}", StringComparison.Ordinal);
        }

        var started = Stopwatch.StartNew();
        var log = directory.Log(Name);
        var process = ChildProcess.Start(core, log, Publication.Command(Published, Program), environment, Published);
        while (LoopbackHttp.Get(port, "/_health").Status != 200)
        {
            Thread.Sleep(1);
            if (process.Exited || started.Elapsed > TimeSpan.FromSeconds(30))
            {
                process.Dispose();
                throw new InvalidOperationException($"The {Name} did not become healthy; see {log}.");
            }
        }

        return new RunningTarget(Name, process, port, started.Elapsed);
    }
}

/// <summary>A target that has answered its first health check.</summary>
internal sealed class RunningTarget(string name, ChildProcess process, int port, TimeSpan startup) : IDisposable
{
    public string Name => name;

    public int Port => port;

    public int Id => process.Id;

    /// <summary>From starting the process to its first 200 on /_health.</summary>
    public TimeSpan Startup => startup;

    /// <summary>Whether its streams end with an event named done; then every stream must.</summary>
    public bool SaysDone { get; set; }

    public void Dispose() => process.Dispose();
}
