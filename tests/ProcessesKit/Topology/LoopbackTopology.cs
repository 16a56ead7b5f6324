using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sluice.ProcessesKit.Clusters;

namespace Sluice.ProcessesKit.Topology;

/// <summary>What <c>infra/local/up</c> starts, on ports of its own.</summary>
internal sealed partial class LoopbackTopology : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _up;
    private readonly StringBuilder _said = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, (Uri Address, int Process)> _services = new(StringComparer.Ordinal);

    private LoopbackTopology(ProcessStartInfo start)
    {
        _up = new Process { StartInfo = start };
        _up.OutputDataReceived += (_, line) => Heard(line.Data);
        _up.ErrorDataReceived += (_, line) => Heard(line.Data);
        _up.Start();
        Keeper.Keep(_up.Id);
        _up.BeginOutputReadLine();
        _up.BeginErrorReadLine();
    }

    /// <summary>Where nginx answers.</summary>
    public Uri Front { get; private set; } = null!;

    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <param name="profiles">Of <c>docker-compose.yml</c>, whose services are wanted as well.</param>
    public static async Task<LoopbackTopology> StartAsync(params string[] profiles)
    {
        for (var attempt = 1; ; attempt++)
        {
            var topology = new LoopbackTopology(Start(profiles));
            if (await topology.IsReadyAsync())
            {
                return topology;
            }

            await topology.DisposeAsync();
            if (attempt == 3 || !topology.Said.Contains("is taken", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"The topology did not start:\n{topology.Said}");
            }
        }
    }

    public Uri AddressOf(string service) => _services[service].Address;

    /// <summary>Ends the program that listens there, at once (SIGKILL).</summary>
    public async Task KillAsync(string address)
    {
        using var process = Process.GetProcessById(_services.Values.Single(service => service.Address.Authority == address).Process);
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Tells it to stop (SIGTERM), and returns its exit code when everything has.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _up.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await _up.WaitForExitAsync().WaitAsync(Patience);
        return _up.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_up.HasExited)
        {
            await StopAsync();
        }

        _up.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var ended = _up.WaitForExitAsync(patience.Token);
        if (await Task.WhenAny(_ready.Task, ended) == ended)
        {
            return false;
        }

        Front = await _ready.Task;
        return true;
    }

    private static ProcessStartInfo Start(string[] profiles)
    {
        // All of them below those of FreePorts, and below those that a system gives to outgoing connections.
        var shift = Random.Shared.Next(10, 88) * 100;
        string[] arguments = ["--programs", Programs.Directory, "--ports", shift.ToString(CultureInfo.InvariantCulture), "--state", Keeper.MakeDirectory(), .. profiles.SelectMany(profile => (string[])["--profile", profile])];
        return new ProcessStartInfo(Script(), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
    }

    private static string Script()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Orleans.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "infra", "local", "up");
    }

    private void Heard(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
        }

        if (Started().Match(line) is { Success: true } service)
        {
            _services[service.Groups["name"].Value] = (new Uri(service.Groups["address"].Value), int.Parse(service.Groups["process"].ValueSpan, CultureInfo.InvariantCulture));
        }
        else if (line.StartsWith("ready: ", StringComparison.Ordinal))
        {
            _ready.TrySetResult(new Uri(line["ready: ".Length..]));
        }
    }

    [GeneratedRegex("^(?<name>[a-z0-9-]+): (?<address>http://[^,]+), process (?<process>[0-9]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Started();
}
