using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Api.Tests.Processes;

/// <summary>The executable itself, in a process of its own, with an environment of which nothing is inherited that could set something.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-").FullName;

    private GatewayProcess(string[] arguments, string[] environment, (string Name, string Content)[] files)
    {
        foreach (var (name, content) in files)
        {
            File.WriteAllText(Path.Combine(_directory, name), content);
        }

        var start = new ProcessStartInfo("dotnet", [typeof(Api.Hosting.Start).Assembly.Location, .. arguments])
        {
            WorkingDirectory = _directory,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var kept = start.Environment.Where(variable => variable.Key is "PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR").ToList();
        start.Environment.Clear();
        foreach (var variable in kept)
        {
            start.Environment.Add(variable);
        }

        foreach (var pair in environment)
        {
            start.Environment[pair.Split('=', 2)[0]] = pair.Split('=', 2)[1];
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Heard(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(_error, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => Said(_output);

    public string Error => Said(_error);

    public int ExitCode => _process.ExitCode;

    /// <summary>Starts the gateway on a port of the system's choice and returns when it listens.</summary>
    public static async Task<(GatewayProcess Process, HttpClient Client)> StartAsync(params string[] environment)
    {
        var gateway = new GatewayProcess([], ["PORT=0", .. environment], []);
        var address = await gateway._address.Task.WaitAsync(Patience);
        return (gateway, new HttpClient { BaseAddress = new UriBuilder(address) { Host = "127.0.0.1" }.Uri });
    }

    /// <summary>For a start that ends by itself.</summary>
    public static Task<GatewayProcess> RunToEndAsync(string[]? environment = null, params (string Name, string Content)[] files) =>
        RunToEndAsync(new GatewayProcess([], environment ?? [], files));

    /// <summary>For a subcommand.</summary>
    public static Task<GatewayProcess> RunCommandAsync(params string[] arguments) => RunToEndAsync(new GatewayProcess(arguments, [], []));

    /// <summary>When a text stands in so many lines of its output; fails after 30 seconds.</summary>
    public async Task SaidAsync(string text, int lines = 1)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            Task heard;
            lock (_output)
            {
                if (_output.ToString().Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal)) >= lines)
                {
                    return;
                }

                heard = _heard.Task;
            }

            await heard.WaitAsync(limit.Token);
        }
    }

    /// <summary>Asks it to stop, as a platform does, and waits until it has.</summary>
    public async Task TerminateAsync()
    {
        SignalStop();
        await EndedAsync();
    }

    /// <summary>Asks it to stop, as a platform does.</summary>
    public void SignalStop()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Ends it as a machine does that fails (SIGKILL).</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndedAsync();
    }

    public async Task EndedAsync() => await _process.WaitForExitAsync().WaitAsync(Patience);

    /// <summary>Bytes of physical memory, as the system counts them (proc(5), VmRSS).</summary>
    public long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<GatewayProcess> RunToEndAsync(GatewayProcess gateway)
    {
        await gateway._process.WaitForExitAsync().WaitAsync(Patience);
        return gateway;
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
            if (text == _output)
            {
                _heard.SetResult();
                _heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        if (ListeningOn().Match(line) is { Success: true } match)
        {
            _address.TrySetResult(new Uri(match.Groups["address"].Value));
        }
    }

    [GeneratedRegex(@"Now listening on: (?<address>http://[^\s""]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningOn();
}
