using Sluice.Api.Tests.EndToEnd;
using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.Metrics;

public sealed class LiveGaugeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Stage _stage = null!;

    public async Task InitializeAsync() => _stage = await Stage.StartAsync("echo");

    public Task DisposeAsync() => _stage.DisposeAsync().AsTask();

    [Fact]
    public async Task Turns_and_the_clients_that_read_them_along_are_counted_as_long_as_they_are_there()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "first", Holds = [Hold.BeforeEvent(1, "first")] });
        using var first = await _stage.PostAsync("/invoke/stream", Asking.Body("first", "gauged"));
        using var second = await _stage.PostAsync("/invoke/stream", Asking.Body("second", "gauged", onBusy: "queue"));
        using var third = await _stage.PostAsync("/invoke/stream", Asking.Body("third", "gauged", onBusy: "queue"));
        await UntilAsync(active: 3, waiting: 2, streams: 3);

        using var cancelled = await _stage.PostAsync($"/sessions/gauged/turns/{third.Header("X-Turn-Id")}:cancel", "");
        await UntilAsync(active: 2, waiting: 1, streams: 2);

        _stage.Engine.Gate("first").Open();
        await first.Content.ReadAsStringAsync();
        await second.Content.ReadAsStringAsync();
        await UntilAsync(active: 0, waiting: 0, streams: 0);
    }

    [Fact]
    public async Task Turns_of_a_session_that_is_forgotten_wait_no_more()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "first", Holds = [Hold.BeforeEvent(1, "first")] });
        using var first = await _stage.PostAsync("/invoke/stream", Asking.Body("first", "gone"));
        using var second = await _stage.PostAsync("/invoke/stream", Asking.Body("second", "gone", onBusy: "queue"));
        await UntilAsync(active: 2, waiting: 1, streams: 2);

        using var forgotten = await _stage.SendAsync(HttpMethod.Delete, "/sessions/gone", json: null, []);

        await UntilAsync(active: 0, waiting: 0, streams: 0);
    }

    private async Task UntilAsync(int active, int waiting, int streams)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            var scrape = Scrape.Of(await _stage.Client.GetStringAsync("/metrics", limit.Token));
            if (scrape.Find("sluice_turns_active") == active && scrape.Find("sluice_turns_waiting") == waiting && scrape.Find("sluice_streams_active") == streams)
            {
                return;
            }
        }
        while (await look.WaitForNextTickAsync(limit.Token));
    }
}
