using System.Diagnostics;

namespace Sluice.Bench.Processes;

/// <summary>
/// A process on one core that does not outlive the bench: killed when disposed, when the bench is interrupted, and by the kernel when the thread
/// that started it dies (so start it on the main thread).
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly HashSet<Process> Running = [];

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool Exited => _process.HasExited;

    public static ChildProcess Start(int core, string log, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, string directory)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "exec setpriv --pdeathsig KILL taskset -c \"$0\" \"$@\" >\"$BENCH_LOG\" 2>&1 </dev/null", $"{core}" },
            WorkingDirectory = directory,
        };
        foreach (var word in command)
        {
            start.ArgumentList.Add(word);
        }

        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        start.Environment["BENCH_LOG"] = log;
        lock (Running)
        {
            var process = Process.Start(start)!;
            Running.Add(process);
            return new ChildProcess(process);
        }
    }

    /// <summary>The processes that ended by themselves or by another's hand, and how.</summary>
    public static IReadOnlyList<string> Ended()
    {
        lock (Running)
        {
            return [.. Running.Where(process => process.HasExited).Select(process => $"Process {process.Id} ended with {process.ExitCode}.")];
        }
    }

    public static void KillAll()
    {
        lock (Running)
        {
            foreach (var process in Running)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit(TimeSpan.FromSeconds(5));
            }

            Running.Clear();
        }
    }

    public void Dispose()
    {
        lock (Running)
        {
            if (Running.Remove(_process))
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.WaitForExit();
        _process.Dispose();
    }
}
