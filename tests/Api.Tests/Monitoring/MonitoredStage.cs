using Sluice.Api.Tests.EndToEnd;
using Sluice.Api.Tests.Metrics;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>A gateway to which everything has happened once that its metrics tell of.</summary>
public sealed class MonitoredStage : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal Stage Stage { get; private set; } = null!;

    /// <summary>What a scraper is told, as it came.</summary>
    internal string Text { get; private set; } = "";

    internal Scrape Scrape => Scrape.Of(Text);

    public async Task InitializeAsync()
    {
        Stage = await Stage.StartAsync(
            "adk", "Sluice__Data=stored", "Sluice__Engine__Fallbacks__0=text:Not now.", "Sluice__Cache__Ttl=1h", "Sluice__Limits__SessionTokens=20000");
        await AskAsync("/invoke", "ping");
        await AskAsync("/invoke/stream", "a story", """, "run_config": {"streaming_mode": "sse"}""");
        await FailAsync(Fault.Unavailable, times: 1);
        await FailAsync(Fault.Quota, times: 0);
        await FailAsync(Fault.AgentError, times: 0);
        await FailAsync(Fault.Truncate, times: 1);
        await AskAsync("/invoke", "one", key: "key");
        await AskAsync("/invoke", "another", key: "key");
        await AskAsync("/invoke", new string('x', 100_000));
        Text = await ReadAsync();
    }

    public Task DisposeAsync() => Stage.DisposeAsync().AsTask();

    private async Task FailAsync(Fault fault, int times)
    {
        Stage.Engine.Enqueue(new Script { Verb = "streamQuery", Fault = fault, Times = times });
        await AskAsync("/invoke/stream", "ping");
        Stage.Engine.ClearScripts();
    }

    private async Task AskAsync(string path, string text, string more = "", string? key = null)
    {
        var body = more.Length == 0 ? Asking.Body(text, "monitored") : $$$"""{"input": {"message": "{{{text}}}"{{{more}}}}, "session_id": "monitored"}""";
        using var answer = await Stage.PostAsync(path, body, key is null ? [] : [("Idempotency-Key", key)]);
        await answer.Content.ReadAsStringAsync();
    }

    // A request is counted behind its answer.
    private async Task<string> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var text = await Stage.Client.GetStringAsync("/metrics", limit.Token);
            if (Scrape.Of(text).Find("http_server_request_duration_seconds_count", ("http_request_method", "POST")) == 9)
            {
                return text;
            }

            await look.WaitForNextTickAsync(limit.Token);
        }
    }
}
