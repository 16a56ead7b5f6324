using System.Globalization;
using System.Text.Json;
using Sluice.Bench.Engine;
using Sluice.Bench.Processes;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Driver;

/// <summary>The stub engine, running in a process of its own on the core of the load.</summary>
internal sealed class StubEngine : IDisposable
{
    private readonly ChildProcess _process;

    public StubEngine(BenchDirectory directory, int core, string dialect)
    {
        Port = LoopbackHttp.FreePort();
        string[] command = [Environment.ProcessPath!, "engine", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dialect", dialect];
        _process = ChildProcess.Start(core, directory.Log("engine"), command, new Dictionary<string, string>(), directory.Root);
        while (LoopbackHttp.Get(Port, "/_bench").Status != 200)
        {
            Thread.Sleep(10);
            if (_process.Exited)
            {
                throw new InvalidOperationException($"The stub engine did not start; see {directory.Log("engine")}.");
            }
        }
    }

    public int Port { get; }

    public int Id => _process.Id;

    public EngineStatistics Statistics => JsonSerializer.Deserialize<EngineStatistics>(LoopbackHttp.Get(Port, "/_bench").Body)!;

    /// <summary>Changes what streams look like from now on; no stream may be open.</summary>
    public void Pace(Pacing pacing) => LoopbackHttp.Get(Port, $"/_bench?events={pacing.Events}&gap={pacing.Gap}");

    /// <summary>From now on this many of a hundred calls are answered 503; the draws begin anew.</summary>
    public void Fail(int percent) => LoopbackHttp.Get(Port, string.Create(CultureInfo.InvariantCulture, $"/_bench?failing={percent}"));

    public void Dispose() => _process.Dispose();
}
