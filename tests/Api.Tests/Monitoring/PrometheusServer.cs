using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Sluice.PostgresKit;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>Debian's Prometheus in a process of its own, on a port of loopback, with the repository's rules.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-prometheus-").FullName;
    private readonly StringBuilder _said = new();
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(Uri target)
    {
        var address = $"127.0.0.1:{FreePorts.Take()}";
        var config = Path.Combine(_directory, "prometheus.yml");
        File.WriteAllText(config, $"""
            global:
              scrape_interval: 500ms
              evaluation_interval: 500ms
            rule_files:
              - {Repository.PathOf("infra/prometheus/recording.yml")}
              - {Repository.PathOf("infra/prometheus/alerts.yml")}
            scrape_configs:
              - job_name: sluice
                static_configs:
                  - targets: ["{target.Authority}"]

            """);
        var start = new ProcessStartInfo(
            "prometheus",
            [$"--config.file={config}", $"--storage.tsdb.path={Path.Combine(_directory, "data")}", $"--web.listen-address={address}", "--log.level=warn"])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_said)
            {
                _said.AppendLine(line.Data);
            }
        };
        _process.Start();
        _process.BeginErrorReadLine();
        _client = new HttpClient { BaseAddress = new Uri($"http://{address}") };
    }

    public static async Task<PrometheusServer> StartAsync(Uri target)
    {
        var server = new PrometheusServer(target);
        try
        {
            await server.UntilAsync(async limit =>
            {
                using var answer = await server._client.GetAsync("/-/ready", limit);
                return answer.IsSuccessStatusCode;
            });
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks once; throws what Prometheus says of a question it does not understand.</summary>
    public async Task<JsonElement> AskAsync(string query, CancellationToken cancellationToken = default)
    {
        using var answer = await _client.PostAsync("/api/v1/query", new FormUrlEncodedContent([new("query", query)]), cancellationToken);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return json.GetProperty("status").GetString() == "success"
            ? json.GetProperty("data").GetProperty("result")
            : throw new InvalidOperationException($"{query}: {json}");
    }

    /// <summary>Asks until the answer is one number that fits.</summary>
    public Task UntilAsync(string query, Func<double, bool> fits) => UntilAsync(async limit =>
        await AskAsync(query, limit) is var result && result.GetArrayLength() == 1
        && fits(double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)));

    /// <summary>How each rule went when it was last evaluated; those that have not been are not there.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RulesAsync(CancellationToken cancellationToken)
    {
        var json = await _client.GetFromJsonAsync<JsonElement>("/api/v1/rules", cancellationToken);
        return json.GetProperty("data").GetProperty("groups").EnumerateArray()
            .SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Where(rule => rule.GetProperty("health").GetString() != "unknown")
            .ToDictionary(
                rule => rule.GetProperty("name").GetString()!,
                rule => rule.TryGetProperty("lastError", out var error) ? error.GetString()! : rule.GetProperty("health").GetString()!,
                StringComparer.Ordinal);
    }

    public async Task UntilAsync(Func<CancellationToken, Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(Look);
        try
        {
            while (!await HoldsAsync(holds, limit.Token))
            {
                await look.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested)
        {
            lock (_said)
            {
                throw new TimeoutException($"It did not come to that within {Patience}. Prometheus said:\n{_said}", late);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<bool> HoldsAsync(Func<CancellationToken, Task<bool>> holds, CancellationToken cancellationToken)
    {
        try
        {
            return await holds(cancellationToken);
        }
        catch (HttpRequestException)
        {
            // Not listening yet.
            return false;
        }
    }
}
