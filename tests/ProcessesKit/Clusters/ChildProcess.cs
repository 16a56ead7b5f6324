using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.ProcessesKit.Clusters;

/// <summary>A program of ours in a process of its own, which inherits nothing that could set something. What it prints is kept.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    /// <summary>In the environment of every program that these tests start: which run of theirs it belongs to.</summary>
    public const string Mark = "SLUICE_PROCESSES_TESTS";

    /// <summary>This run.</summary>
    public static readonly string Run = Environment.GetEnvironmentVariable(Mark) ?? Guid.NewGuid().ToString("n");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Heard(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(_error, line.Data);
        _process.Start();
        Keeper.Keep(_process.Id);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => Said(_output);

    public string Error => Said(_error);

    public bool HasEnded => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts one of our programs and returns when it has said where it listens.</summary>
    public static async Task<(ChildProcess Process, Uri Address)> StartAsync(string program, string directory, string[] arguments, params string[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Programs.Directory, program), .. arguments])
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var kept = start.Environment.Where(variable => variable.Key is "PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR").ToList();
        start.Environment.Clear();
        foreach (var (name, value) in kept)
        {
            start.Environment.Add(name, value);
        }

        foreach (var pair in environment.Append($"{Mark}={Run}"))
        {
            start.Environment[pair.Split('=', 2)[0]] = pair.Split('=', 2)[1];
        }

        var child = new ChildProcess(start);
        try
        {
            await Task.WhenAny(child._address.Task, child._process.WaitForExitAsync()).WaitAsync(Patience);
            return child._address.Task.IsCompletedSuccessfully
                ? (child, await child._address.Task)
                : throw new InvalidOperationException($"{program} exited with {child.ExitCode}:\n{child.Output}{child.Error}");
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends it a signal, such as STOP or CONT.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Ends it at once (SIGKILL), stopped or not.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await EndedAsync();
    }

    /// <summary>Returns when it has ended and all it printed has been read.</summary>
    public async Task EndedAsync() => await _process.WaitForExitAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static string Said(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private void Heard(StringBuilder text, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (text)
        {
            text.Append(line).Append('\n');
        }

        if (ListeningOn().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Groups["address"].Value));
        }
    }

    [GeneratedRegex(@"(Now listening on:|emulator on) (?<address>http://[^\s""]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningOn();
}
