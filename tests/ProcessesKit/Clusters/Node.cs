using System.Net;
using System.Text.Json;

namespace Sluice.ProcessesKit.Clusters;

/// <summary>One gateway, started, killed and started again at the same address. No error may be in what any of its processes printed.</summary>
/// <param name="program">What it runs.</param>
/// <param name="number">Its place in the cluster.</param>
/// <param name="port">Where it listens.</param>
/// <param name="directory">Where it works.</param>
/// <param name="environment">What it is told.</param>
internal sealed class Node(string program, int number, int port, string directory, string[] environment) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<string> _output = [];
    private ChildProcess? _process;

    public int Number => number;

    public Uri Address => _client.BaseAddress!;

    /// <summary>Everything that its processes have printed.</summary>
    public string Output => string.Concat([.. _output, _process is null ? "" : _process.Output + _process.Error]);

    /// <summary>Starts it and returns when it is ready.</summary>
    public async Task StartAsync()
    {
        _process = (await ChildProcess.StartAsync(program, directory, [], [$"ASPNETCORE_URLS={Address}", .. environment])).Process;
        await ReadyAsync();
    }

    /// <summary>Returns when it is ready for traffic.</summary>
    public async Task ReadyAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await IsReadyAsync(limit.Token))
        {
            try
            {
                await look.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"Node {number} is not ready after {Patience}:\n{Output}", late);
            }
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        await _process!.KillAsync();
        await BuryAsync();
    }

    /// <summary>SIGTERM, as a platform sends before it takes a node away; returns when the process has ended by itself.</summary>
    public async Task TerminateAsync()
    {
        _process!.Signal("TERM");
        await _process.EndedAsync();
        _process.ExitCode.ShouldBe(0, $"node {number} after SIGTERM");
        await BuryAsync();
    }

    /// <summary>SIGSTOP: it does nothing any more and keeps its connections.</summary>
    public void Freeze() => _process!.Signal("STOP");

    /// <summary>SIGCONT: it goes on where it was.</summary>
    public void Thaw() => _process!.Signal("CONT");

    /// <summary>Whether its process ends by itself within so long; what that one said does not count then.</summary>
    public async Task<bool> EndsAsync(TimeSpan within)
    {
        try
        {
            await _process!.EndedAsync().WaitAsync(within);
        }
        catch (TimeoutException)
        {
            return false;
        }

        await _process.DisposeAsync();
        _process = null;
        return true;
    }

    /// <summary>Lines of its log that no test expects.</summary>
    public IEnumerable<string> Errors() => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(IsError);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await KillAsync();
        }

        _client.Dispose();
    }

    // What is not a line of the log is somebody's stack trace.
    private static bool IsError(string line)
    {
        if (!line.StartsWith('{'))
        {
            return true;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.TryGetProperty("severity", out var severity) && severity.GetString() is "ERROR" or "CRITICAL" && !IsOfTheCluster(json.RootElement);
        }
        catch (JsonException)
        {
            return true;
        }
    }

    // To those who keep a cluster together (and to Polly, with which they place grains), each message that a silo which is gone did not get is an error.
    private static bool IsOfTheCluster(JsonElement line) =>
        line.TryGetProperty("logging.googleapis.com/labels", out var labels) && labels.TryGetProperty("logger", out var logger)
        && (logger.GetString()!.StartsWith("Orleans.", StringComparison.Ordinal) || logger.GetString() == "Polly");

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetAsync("/readyz", cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception refused) when (refused is HttpRequestException || (refused is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task BuryAsync()
    {
        _output.Add(_process!.Output + _process.Error);
        await _process.DisposeAsync();
        _process = null;
    }
}
