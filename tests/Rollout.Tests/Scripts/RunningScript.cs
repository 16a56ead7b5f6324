using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Sluice.Rollout.Tests.Scripts;

/// <summary>One of <c>infra/rollout</c>'s commands in a process of its own, with the stand-in of gcloud before anything else on its path.</summary>
internal sealed class RunningScript : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public RunningScript(string command, string directory, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        // Tests that run in the background of a shell inherit that SIGINT is ignored, and no script can undo that.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", Repository.Combine("infra", "rollout", command), .. arguments])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Repository.Combine("tests", "Rollout.Tests", "Scripts")}:{start.Environment["PATH"]}";
        start.Environment.Remove("GITHUB_OUTPUT");
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Heard;
        _process.ErrorDataReceived += Heard;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it printed, to either place.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Tells it to stop, as a cancelled job is told.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Heard(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.Append(line.Data).Append('\n');
        }
    }
}
