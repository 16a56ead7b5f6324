using System.Text.Json;
using Sluice.Core.Hosts;
using Sluice.Core.Storage;
using Sluice.Storage.Sqlite;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Http;

/// <summary>What is said of a turn that goes on elsewhere, by a gateway whose sessions outlive it.</summary>
public sealed class MovedTests : IAsyncLifetime
{
    private const string Tell = """{"text":"tell","session_id":"s"}""";
    private static readonly CancellationToken AtOnce = new(canceled: true);

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-moved-").FullName;
    private SqliteSessionStore _store = null!;
    private Gateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _store = SqliteSessionStore.Open(new SqliteOptions { Path = Path.Combine(_directory, "sluice.db") }, TimeProvider.System);
        _gateway = await Gateway.StartAsync(host: (engine, limits, pulse) => new StoredSessionHost(
            engine, limits, pulse, new RecordingObserver(), new SessionJournal(_store, pulse.Time, TimeSpan.FromSeconds(1))));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Stream_ends_with_the_cursor_and_when_to_come_back_and_with_no_id()
    {
        var asking = _gateway.PostAsync("/invoke/stream", Tell);
        (await _gateway.Engine.NextCallAsync()).Emit("Once");
        using var response = await asking;
        var lines = await response.LinesAsync();
        await ReadAsync(lines, events: 2);

        await _gateway.Host.DrainAsync(AtOnce);

        (await lines.NextAsync()).ShouldBe("retry: 1000");
        (await lines.NextAsync()).ShouldBe("event: error");
        ShouldBeMoved(await lines.NextAsync(), $"{response.Header("X-Turn-Id")}:2");
        (await lines.NextAsync()).ShouldBe("");
        (await lines.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Stream_whose_head_is_still_held_says_that_it_started_and_that_it_moved()
    {
        var asking = _gateway.PostAsync("/invoke/stream", Tell);
        await _gateway.Engine.NextCallAsync();

        await _gateway.Host.DrainAsync(AtOnce);

        using var response = await asking;
        ((int)response.StatusCode).ShouldBe(200);
        response.Header("Content-Type").ShouldBe("text/event-stream");
        var turn = response.Header("X-Turn-Id");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        lines[..2].ShouldBe([$"id: {turn}:1", "event: started"]);
        lines[4..6].ShouldBe(["retry: 1000", "event: error"]);
        ShouldBeMoved(lines[6], $"{turn}:1");
        lines[7..].ShouldBe(["", ""]);
    }

    [Fact]
    public async Task Watcher_is_told_as_the_one_who_asked_is_from_its_own_cursor()
    {
        using var accepted = await _gateway.PostAsync("/invoke", Tell, ("Prefer", "respond-async"));
        var call = await _gateway.Engine.NextCallAsync();
        var turn = (await accepted.JsonAsync()).Text("turn_id");
        call.Emit("Once", " upon");
        using var watching = await _gateway.GetAsync($"/sessions/s/turns/{turn}/events?after=2");
        var lines = await watching.LinesAsync();
        await ReadAsync(lines, events: 1);

        await _gateway.Host.DrainAsync(AtOnce);

        (await lines.NextAsync()).ShouldBe("retry: 1000");
        await lines.NextAsync();
        ShouldBeMoved(await lines.NextAsync(), $"{turn}:3");
    }

    [Fact]
    public async Task Whole_answer_with_a_key_may_be_asked_for_again()
    {
        var asking = _gateway.PostAsync("/invoke", Tell, ("Idempotency-Key", "once"));
        await _gateway.Engine.NextCallAsync();

        await _gateway.Host.DrainAsync(AtOnce);

        using var response = await asking;
        var problem = await response.ProblemAsync(503, "moved");
        response.Header("Retry-After").ShouldBe("1");
        ShouldLeadToTheTurn(response, problem);
    }

    [Fact]
    public async Task Whole_answer_without_a_key_is_not_to_be_asked_for_again_by_itself()
    {
        var asking = _gateway.PostAsync("/invoke", Tell);
        await _gateway.Engine.NextCallAsync();

        await _gateway.Host.DrainAsync(AtOnce);

        using var response = await asking;
        var problem = await response.ProblemAsync(502, "moved");
        response.Headers.Contains("Retry-After").ShouldBeFalse();
        ShouldLeadToTheTurn(response, problem);
    }

    [Fact]
    public async Task Whole_answer_that_is_waited_for_by_its_cursor_may_be_waited_for_again()
    {
        using var accepted = await _gateway.PostAsync("/invoke", Tell, ("Prefer", "respond-async"));
        await _gateway.Engine.NextCallAsync();
        await _gateway.Host.DrainAsync(AtOnce);

        // Opened behind the end of draining: it is read from the store, and there is more in it than this reader was told to wait for.
        using var response = await _gateway.PostAsync("/invoke", "{}", ("Last-Event-ID", $"{accepted.Header("X-Turn-Id")}:0"));

        ShouldLeadToTheTurn(response, await response.ProblemAsync(503, "moved"));
    }

    [Fact]
    public async Task Gateway_that_is_leaving_starts_nothing_and_answers_what_it_knows()
    {
        (string, string) key = ("Idempotency-Key", "once");
        var asking = _gateway.PostAsync("/invoke", Tell, key);
        var call = await _gateway.Engine.NextCallAsync();
        call.Emit("Once");
        call.Complete();
        using var first = await asking;
        using var running = await _gateway.PostAsync("/invoke", """{"text":"long","session_id":"t"}""", ("Prefer", "respond-async"));
        var turn = running.Header("X-Turn-Id");

        await _gateway.Host.DrainAsync(AtOnce);

        using var refused = await _gateway.PostAsync("/invoke/stream", """{"text":"another","session_id":"s"}""");
        await refused.ProblemAsync(503, "stopping");
        using var again = await _gateway.PostAsync("/invoke", Tell, key);
        ((int)again.StatusCode).ShouldBe(200);
        again.Header("Idempotent-Replayed").ShouldBe("true");
        (await again.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        using var resumed = await _gateway.GetAsync($"/sessions/t/turns/{turn}/events");
        (await resumed.Content.ReadAsStringAsync()).ShouldContain($"\"cursor\":\"{turn}:1\"");
        _gateway.Engine.Calls.ShouldBe(2);
    }

    private static void ShouldBeMoved(string? line, string cursor)
    {
        var data = JsonElement.Parse(line!["data: ".Length..]);
        data.EnumerateObject().Select(property => property.Name).ShouldBe(["code", "message", "retryable", "cursor", "retry_after_s", "trace_id"]);
        data.Text("code").ShouldBe("moved");
        data.GetProperty("retryable").GetBoolean().ShouldBeTrue();
        data.Text("cursor").ShouldBe(cursor);
        data.GetProperty("retry_after_s").GetInt32().ShouldBe(1);
    }

    private static void ShouldLeadToTheTurn(HttpResponseMessage response, JsonElement problem)
    {
        var turn = response.Header("X-Turn-Id");
        turn.ShouldNotBeEmpty();
        problem.Text("turn_id").ShouldBe(turn);
        problem.Text("cursor").ShouldBe($"{turn}:0");
        response.Header("Location").ShouldBe($"/sessions/s/turns/{turn}");
    }

    private static async Task ReadAsync(StreamReader lines, int events)
    {
        while (events > 0)
        {
            events -= await lines.NextAsync() == "" ? 1 : 0;
        }
    }
}
