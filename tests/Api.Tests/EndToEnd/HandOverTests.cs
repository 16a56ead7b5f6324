using System.Diagnostics;
using System.Net;
using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>A gateway that stores its sessions and is told to stop, and the one that goes on from there.</summary>
public sealed class HandOverTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-data-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Stream_is_told_its_cursor_and_gets_exactly_the_rest_from_the_next_process()
    {
        var environment = Environment("0s");
        await using var stage = await Stage.StartAsync("adk", environment);
        Stall(stage, "long way");
        var (turn, events) = await AskAsync(stage, "long way");
        await using var before = events;
        var seen = await events.NextChunkAsync();

        stage.Process.SignalStop();

        var rest = await events.RestAsync();
        var moved = rest.LastAs("error");
        moved.Text("code").ShouldBe("moved");
        rest[^1].ReconnectionInterval.ShouldBe(TimeSpan.FromSeconds(1));
        await stage.Process.EndedAsync();
        stage.Process.ExitCode.ShouldBe(0);
        stage.Process.Output.ShouldContain("goes on elsewhere");

        await stage.KillAndRestartAsync("adk", environment);

        (seen + rest.Text() + await RestAsync(stage, moved.Text("cursor"))).ShouldBe("You said: long way");
        using var whole = await stage.GetAsync($"/sessions/s/turns/{turn}/events");
        (await whole.Content.ReadAsStringAsync()).ShouldNotContain("event: gap");
        await stage.Process.SaidAsync("was taken over from another process");
        stage.Engine.Counters.TurnsRun("long way").ShouldBe(1);
    }

    [Fact]
    public async Task Second_signal_ends_the_wait_at_once_and_loses_nothing()
    {
        var environment = Environment("10m");
        await using var stage = await Stage.StartAsync("adk", environment);
        Stall(stage, "no hurry");
        var (_, events) = await AskAsync(stage, "no hurry");
        await using var before = events;
        var seen = await events.NextChunkAsync();
        using var waiting = await stage.PostAsync("/invoke", Asking.Body("next", "s"), ("Prefer", "respond-async"));
        stage.Process.SignalStop();
        await UntilNotReadyAsync(stage);

        var signalled = Stopwatch.StartNew();
        stage.Process.SignalStop();

        var rest = await events.RestAsync();
        var moved = rest.LastAs("error");
        moved.Text("code").ShouldBe("moved");
        await stage.Process.EndedAsync();
        signalled.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        stage.Process.ExitCode.ShouldBe(0);

        await stage.KillAndRestartAsync("adk", environment);

        (seen + rest.Text() + await RestAsync(stage, moved.Text("cursor"))).ShouldBe("You said: no hurry");
        (await RestAsync(stage, $"{waiting.Header("X-Turn-Id")}:0")).ShouldBe("You said: next");
        stage.Engine.Counters.TurnsRun("no hurry").ShouldBe(1);
        stage.Engine.Counters.TurnsRun("next").ShouldBe(1);
    }

    [Fact]
    public async Task Turns_that_end_in_time_are_not_handed_over_and_nothing_new_begins()
    {
        await using var stage = await Stage.StartAsync("adk", Environment("30s"));
        stage.Engine.Enqueue(new Script { MessageContains = "in time", Times = 3, Holds = [Hold.BeforeEvent(2, "in time")] });
        var streams = new List<Events>();
        foreach (var session in new[] { "a", "b", "c" })
        {
            streams.Add(await Events.OfAsync(await stage.PostAsync("/invoke/stream", Asking.Body("in time", session))));
        }

        stage.Process.SignalStop();
        await UntilNotReadyAsync(stage);
        using var refused = await stage.PostAsync("/invoke/stream", Asking.Body("too late", "a"));
        await refused.ProblemAsync(503, "stopping");
        stage.Engine.Gate("in time").Open();

        foreach (var stream in streams)
        {
            var all = await stream.RestAsync();
            all.Text().ShouldBe("You said: in time");
            all.LastAs("done");
            await stream.DisposeAsync();
        }

        await stage.Process.EndedAsync();
        stage.Process.ExitCode.ShouldBe(0);
        stage.Process.Output.ShouldNotContain("goes on elsewhere");
        stage.Engine.Counters.TurnsRun("too late").ShouldBe(0);
    }

    [Fact]
    public async Task Whole_answer_with_a_key_is_got_by_asking_the_next_process_again()
    {
        var environment = Environment("0s");
        (string, string) key = ("Idempotency-Key", "once");
        await using var stage = await Stage.StartAsync("adk", environment);
        Stall(stage, "whole");
        var asking = stage.PostAsync("/invoke", Asking.Body("whole", "s"), key);
        await stage.Engine.WaitForCallAsync(call => call.Message == "whole");

        stage.Process.SignalStop();

        using var moved = await asking;
        await moved.ProblemAsync(503, "moved");
        await stage.Process.EndedAsync();
        await stage.KillAndRestartAsync("adk", environment);
        using var again = await stage.PostAsync("/invoke", Asking.Body("whole", "s"), key);
        (await again.JsonAsync()).Text("output").ShouldBe("You said: whole");
        again.Header("X-Turn-Id").ShouldBe(moved.Header("X-Turn-Id"));
        using var replayed = await stage.PostAsync("/invoke", Asking.Body("whole", "s"), key);
        replayed.Header("Idempotent-Replayed").ShouldBe("true");
        stage.Engine.Counters.TurnsRun("whole").ShouldBe(1);
    }

    [Fact]
    public async Task Whole_answer_without_a_key_is_found_where_its_location_leads()
    {
        var environment = Environment("0s");
        await using var stage = await Stage.StartAsync("adk", environment);
        Stall(stage, "keyless");
        var asking = stage.PostAsync("/invoke", Asking.Body("keyless", "s"));
        await stage.Engine.WaitForCallAsync(call => call.Message == "keyless");

        stage.Process.SignalStop();

        using var moved = await asking;
        await moved.ProblemAsync(502, "moved");
        await stage.Process.EndedAsync();
        await stage.KillAndRestartAsync("adk", environment);
        await using var events = await Events.OfAsync(await stage.GetAsync($"{moved.Header("Location")}/events"));
        var all = await events.RestAsync();
        all.Text().ShouldBe("You said: keyless");
        all.LastAs("done");
        stage.Engine.Counters.TurnsRun("keyless").ShouldBe(1);
    }

    private string[] Environment(string drainTime) =>
        [$"Sluice__Data={_directory}", $"Sluice__Hosting__DrainTime={drainTime}", "Sluice__Recovery__Quiet=100ms"];

    // The engine sends two events and no more; in its session the turn is complete.
    private static void Stall(Stage stage, string prompt) =>
        stage.Engine.Enqueue(new Script { MessageContains = prompt, Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });

    private static async Task<(string Turn, Events Events)> AskAsync(Stage stage, string prompt)
    {
        var answer = await stage.PostAsync("/invoke/stream", Asking.Body(prompt, "s"));
        return (answer.Header("X-Turn-Id"), await Events.OfAsync(answer));
    }

    private static async Task<string> RestAsync(Stage stage, string cursor)
    {
        await using var events = await Events.OfAsync(await stage.GetAsync($"/sessions/s/turns/{cursor.Split(':')[0]}/events", ("Last-Event-ID", cursor)));
        var rest = await events.RestAsync();
        rest.LastAs("done");
        return rest.Text();
    }

    // The signal takes a moment to arrive; each question is an exact one.
    private static async Task UntilNotReadyAsync(Stage stage)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            using var answer = await stage.SendAsync(HttpMethod.Get, "/readyz", null, [], patience.Token);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return;
            }
        }
    }
}
