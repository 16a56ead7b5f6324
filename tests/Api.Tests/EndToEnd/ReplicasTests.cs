using System.Diagnostics;
using System.Net;
using Npgsql;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Processes;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.PostgresKit;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Two gateways that share PostgreSQL, and know nothing of each other.</summary>
public sealed class ReplicasTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private EmulatorHost _emulator = null!;
    private Stage _first = null!;
    private Stage _second = null!;

    public async Task InitializeAsync()
    {
        if (PostgresServer.WhyNot(own: false) is not null)
        {
            return;
        }

        var environment = Environment(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());
        _emulator = await EmulatorHost.StartAsync();
        var starting = Stage.StartAsync(_emulator, "adk", environment);
        _second = await Stage.StartAsync(_emulator, "adk", environment);
        _first = await starting;
    }

    public async Task DisposeAsync()
    {
        if (_emulator is not null)
        {
            await _first.DisposeAsync();
            await _second.DisposeAsync();
        }
    }

    [PostgresFact]
    public async Task Turn_of_one_is_watched_on_the_other()
    {
        var (turn, events) = await AskAsync("watched");
        await using var asked = events;
        await using var watched = await FollowAsync(_second, turn);
        (await watched.NextChunkAsync()).ShouldBe("You");

        _first.Engine.Gate("watched").Open();

        var seen = await watched.RestAsync();
        seen.Text().ShouldBe(" said: watched");
        seen.LastAs("done");
        (await events.RestAsync()).LastAs("done").ToString().ShouldBe(seen[^1].Data);
        using var found = await _second.GetAsync($"/sessions/s/turns/{turn}");
        (await found.JsonAsync()).Text("state").ShouldBe("completed");
    }

    [PostgresFact]
    public async Task Turn_of_one_is_cancelled_on_the_other()
    {
        var (turn, events) = await AskAsync("cancelled");
        await using var asked = events;

        using var cancelled = await _second.PostAsync($"/sessions/s/turns/{turn}:cancel", "{}");

        ((int)cancelled.StatusCode).ShouldBe(200);
        await _first.Engine.WaitForCancelAsync(call => call.Message == "cancelled");
        (await events.RestAsync()).LastAs("error").Text("reason").ShouldBe("requested");
    }

    [PostgresFact]
    public async Task Session_of_one_is_forgotten_on_the_other()
    {
        var (turn, events) = await AskAsync("forgotten");
        await using var asked = events;

        using var forgotten = await _second.SendAsync(HttpMethod.Delete, "/sessions/s", null, []);

        ((int)forgotten.StatusCode).ShouldBe(204);
        (await events.RestAsync()).LastAs("error").Text("reason").ShouldBe("forgotten");
        foreach (var stage in new[] { _first, _second })
        {
            using var session = await stage.GetAsync("/sessions/s");
            await session.ProblemAsync(404, "unknown_session");
            using var gone = await stage.GetAsync($"/sessions/s/turns/{turn}");
            await gone.ProblemAsync(404, "unknown_turn");
        }
    }

    [PostgresFact]
    public async Task Turn_on_the_other_waits_for_the_one_that_runs()
    {
        var (_, events) = await AskAsync("running");
        await using var asked = events;
        using var rejected = await _second.PostAsync("/invoke", Asking.Body("not now", "s", "reject"));
        await rejected.ProblemAsync(409, "session_busy");
        var waiting = await _second.PostAsync("/invoke/stream", Asking.Body("waiting", "s"));
        await using var waited = await Events.OfAsync(waiting);
        using var queued = await _first.GetAsync($"/sessions/s/turns/{waiting.Header("X-Turn-Id")}");
        (await queued.JsonAsync()).Text("state").ShouldBe("queued");

        _first.Engine.Gate("running").Open();

        (await events.RestAsync()).LastAs("done");
        var all = await waited.RestAsync();
        all.Text().ShouldBe("You said: waiting");
        all.LastAs("done");
        _first.Engine.Calls.Select(call => call.Message).OfType<string>().ShouldBe(["running", "waiting"]);
        _first.Engine.Calls.Where(call => call.Message is not null).Select(call => call.SessionId).Distinct().ShouldHaveSingleItem();
    }

    [PostgresFact]
    public async Task Key_joins_the_turn_that_runs_on_the_other_and_replays_it_when_it_has_ended()
    {
        (string, string) key = ("Idempotency-Key", "once");
        _first.Engine.Enqueue(new Script { MessageContains = "keyed", Holds = [Hold.BeforeEvent(2, "keyed")] });
        var asking = _first.PostAsync("/invoke", Asking.Body("keyed", "s"), key);
        await _first.Engine.Gate("keyed").WaitForArrivalAsync();
        var joining = _second.PostAsync("/invoke", Asking.Body("keyed", "s"), key);
        using var other = await _second.PostAsync("/invoke", Asking.Body("another", "s"), key);
        await other.ProblemAsync(422, "idempotency_key_reused");

        _first.Engine.Gate("keyed").Open();

        using var asked = await asking;
        using var joined = await joining;
        using var replayed = await _second.PostAsync("/invoke", Asking.Body("keyed", "s"), key);
        var body = await asked.Content.ReadAsStringAsync();
        body.ShouldContain("You said: keyed");
        foreach (var answer in new[] { joined, replayed })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await answer.Content.ReadAsStringAsync()).ShouldBe(body);
            NamesOf(answer).Except(["Idempotent-Replayed"]).ShouldBe(NamesOf(asked));
            answer.Header("X-Turn-Id").ShouldBe(asked.Header("X-Turn-Id"));
            answer.Header("Content-Type").ShouldBe(asked.Header("Content-Type"));
        }

        replayed.Header("Idempotent-Replayed").ShouldBe("true");
        _first.Engine.Counters.TurnsRun("keyed").ShouldBe(1);
    }

    [PostgresFact]
    public async Task Stream_that_joins_a_turn_of_the_other_while_it_runs_is_no_replay()
    {
        (string, string) key = ("Idempotency-Key", "once");
        _first.Engine.Enqueue(new Script { MessageContains = "joined", Holds = [Hold.BeforeEvent(2, "joined")] });
        using var asked = await _first.PostAsync("/invoke/stream", Asking.Body("joined", "s"), key);

        using var joined = await _second.PostAsync("/invoke/stream", Asking.Body("joined", "s"), key);

        joined.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();
        joined.Header("X-Turn-Id").ShouldBe(asked.Header("X-Turn-Id"));
        _first.Engine.Gate("joined").Open();
        await using var events = await Events.OfAsync(joined);
        (await events.RestAsync()).Text().ShouldBe("You said: joined");
        _first.Engine.Counters.TurnsRun("joined").ShouldBe(1);
    }

    [PostgresFact]
    public async Task Turn_that_failed_is_replayed_as_it_failed()
    {
        (string, string) key = ("Idempotency-Key", "once");
        _first.Engine.Enqueue(new Script { MessageContains = "bad", Fault = Fault.AgentError });
        using var asked = await _first.PostAsync("/invoke", Asking.Body("bad", "s"), key);

        using var replayed = await _second.PostAsync("/invoke", Asking.Body("bad", "s"), key);

        replayed.StatusCode.ShouldBe(asked.StatusCode);
        replayed.Header("Idempotent-Replayed").ShouldBe("true");
        var (before, after) = (await asked.JsonAsync(), await replayed.JsonAsync());
        foreach (var member in before.EnumerateObject().Where(member => member.Name != "trace_id"))
        {
            after.Text(member.Name).ShouldBe(member.Value.ToString());
        }
    }

    [PostgresFact]
    public async Task Stream_of_one_that_leaves_goes_on_on_the_other_by_its_cursor()
    {
        _first.Engine.Enqueue(new Script { MessageContains = "leaving", Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });
        var answer = await _first.PostAsync("/invoke/stream", Asking.Body("leaving", "s"));
        await using var events = await Events.OfAsync(answer);
        var seen = await events.NextChunkAsync();
        await using var watched = await FollowAsync(_second, answer.Header("X-Turn-Id"));
        await watched.NextChunkAsync();

        _first.Process.SignalStop();

        var rest = await events.RestAsync();
        var moved = rest.LastAs("error");
        moved.Text("code").ShouldBe("moved");
        var cursor = moved.Text("cursor");
        await using var resumed = await Events.OfAsync(await _second.GetAsync($"/sessions/s/turns/{cursor.Split(':')[0]}/events", ("Last-Event-ID", cursor)));
        var all = await resumed.RestAsync();
        all.LastAs("done");
        all.ShouldNotContain(item => item.EventType == "gap");
        (seen + rest.Text() + all.Text()).ShouldBe("You said: leaving");
        (await watched.RestAsync()).LastAs("done");
        await _first.Process.EndedAsync();
        _first.Process.ExitCode.ShouldBe(0);
        _first.Engine.Counters.TurnsRun("leaving").ShouldBe(1);
    }

    [PostgresFact]
    public async Task Watcher_on_one_that_leaves_is_told_to_go_elsewhere_at_once()
    {
        var (turn, events) = await AskAsync("watched on");
        await using var asked = events;
        await using var watched = await FollowAsync(_second, turn);
        await watched.NextChunkAsync();

        _second.Process.SignalStop();

        (await watched.RestAsync()).LastAs("error").Text("code").ShouldBe("moved");
        await _second.Process.EndedAsync();
        _first.Engine.Gate("watched on").Open();
        (await events.RestAsync()).LastAs("done");
    }

    [PostgresFact]
    public async Task Turn_of_one_that_is_killed_is_finished_by_the_other()
    {
        _first.Engine.Enqueue(new Script { MessageContains = "killed", Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });
        var answer = await _first.PostAsync("/invoke/stream", Asking.Body("killed", "s"), ("Idempotency-Key", "once"));
        await using var events = await Events.OfAsync(answer);
        await events.NextChunkAsync();
        await using var watched = await FollowAsync(_second, answer.Header("X-Turn-Id"));
        await watched.NextChunkAsync();

        await _first.Process.KillAsync();

        (await watched.RestAsync()).LastAs("done");
        using var again = await _second.PostAsync("/invoke", Asking.Body("killed", "s"), ("Idempotency-Key", "once"));
        (await again.JsonAsync()).Text("output").ShouldBe("You said: killed");
        await _second.Process.SaidAsync("was taken over from another process");
        _second.Engine.Counters.TurnsRun("killed").ShouldBe(1);
    }

    [PostgresFact(own: true)]
    public async Task Node_without_its_database_is_alive_and_not_ready_until_it_is_back()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var stage = await Stage.StartAsync(_emulator, "adk", Environment(await server.CreateDatabaseAsync()));
        (await UntilReadyAsync(stage, ready: true)).Dispose();

        await server.StopAsync();

        using var notReady = await UntilReadyAsync(stage, ready: false);
        (await notReady.ProblemAsync(503, "not_ready")).Text("detail").ShouldContain("PostgreSQL cannot be reached");
        using var alive = await stage.GetAsync("/livez");
        ((int)alive.StatusCode).ShouldBe(200);
        using var refused = await stage.PostAsync("/invoke", Asking.Body("ping"));
        await refused.ProblemAsync(503, "storage_unavailable");
        await server.ResumeAsync();
        (await UntilReadyAsync(stage, ready: true)).Dispose();
        using var answered = await stage.PostAsync("/invoke", Asking.Body("ping"));
        ((int)answered.StatusCode).ShouldBe(200);
    }

    [PostgresFact(own: true)]
    public async Task Node_that_is_told_to_stop_without_its_database_stops_in_its_time_and_another_finishes_its_turn()
    {
        await using var server = await PostgresServer.StartAsync();
        var environment = Environment(await server.CreateDatabaseAsync());
        await using var stage = await Stage.StartAsync(_emulator, "adk", environment);
        stage.Engine.Enqueue(new Script { MessageContains = "stranded", Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });
        var answer = await stage.PostAsync("/invoke/stream", Asking.Body("stranded", "s"));
        await using var events = await Events.OfAsync(answer);
        await events.NextChunkAsync();
        await using (var watched = await FollowAsync(stage, answer.Header("X-Turn-Id")))
        {
            await watched.NextChunkAsync();
        }

        await server.StopAsync(PostgresStop.Immediate);
        var told = Stopwatch.StartNew();
        stage.Process.SignalStop();

        (await events.RestAsync()).LastAs("error").Text("code").ShouldBe("moved");
        await stage.Process.EndedAsync();
        told.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        stage.Process.ExitCode.ShouldBe(0);
        await server.ResumeAsync();
        await stage.KillAndRestartAsync("adk", environment);
        await using var resumed = await FollowAsync(stage, answer.Header("X-Turn-Id"));
        (await resumed.RestAsync()).Count(item => item.EventType is "done" or "error").ShouldBe(1);
        stage.Engine.Counters.TurnsRun("stranded").ShouldBe(1);
    }

    [PostgresFact]
    public async Task What_is_stored_where_is_told_without_the_password()
    {
        var database = new NpgsqlConnectionStringBuilder(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync()) { Password = "hunter2" };
        await using var stage = await Stage.StartAsync(_emulator, "adk", Environment(database.ConnectionString));

        await stage.Process.SaidAsync($"Sessions are stored in the PostgreSQL database {database.Database} on 127.0.0.1:{database.Port}");
        stage.Process.Output.ShouldNotContain("hunter2");
    }

    [PostgresFact]
    public async Task Database_that_refuses_stops_the_start_with_its_reason()
    {
        var database = new NpgsqlConnectionStringBuilder(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync())
        {
            Database = "nowhere",
            Password = "hunter2",
        };

        await using var gateway = await GatewayProcess.RunToEndAsync(["PORT=0", .. Environment(database.ConnectionString)]);

        gateway.ExitCode.ShouldBe(1);
        var line = gateway.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldHaveSingleItem();
        line.ShouldStartWith("sluice: ");
        line.ShouldContain("ConnectionStrings:Postgres");
        line.ShouldContain("database \"nowhere\" does not exist");
        (gateway.Error + gateway.Output).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Database_that_is_not_there_stops_the_start_with_the_systems_reason()
    {
        await using var gateway = await GatewayProcess.RunToEndAsync(["PORT=0", .. Environment("Host=127.0.0.1;Port=1;Username=sluice;Password=hunter2")]);

        gateway.ExitCode.ShouldBe(1);
        gateway.Error.ShouldContain("ConnectionStrings:Postgres");
        gateway.Error.ShouldContain("refused");
        (gateway.Error + gateway.Output).ShouldNotContain("hunter2");
        (gateway.Error + gateway.Output).ShouldNotContain("   at ");
    }

    private static string[] Environment(string connection) =>
        ["Sluice__Host=Replicas", $"ConnectionStrings__Postgres={connection}", "Sluice__Hosting__DrainTime=0s", "Sluice__Replicas__Lease=2s", "Sluice__Recovery__Quiet=100ms"];

    /// <summary>Asks the first one, whose engine stops before its second event at the gate called like the prompt.</summary>
    private async Task<(string Turn, Events Events)> AskAsync(string prompt)
    {
        _first.Engine.Enqueue(new Script { MessageContains = prompt, Holds = [Hold.BeforeEvent(2, prompt)] });
        var answer = await _first.PostAsync("/invoke/stream", Asking.Body(prompt, "s"));
        return (answer.Header("X-Turn-Id"), await Events.OfAsync(answer));
    }

    private static async Task<Events> FollowAsync(Stage stage, string turn) => await Events.OfAsync(await stage.GetAsync($"/sessions/s/turns/{turn}/events"));

    private static string[] NamesOf(HttpResponseMessage answer) =>
        [.. answer.Headers.Concat(answer.Content.Headers).Select(header => header.Key).Order(StringComparer.Ordinal)];

    // Each question is an exact one.
    private static async Task<HttpResponseMessage> UntilReadyAsync(Stage stage, bool ready)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await stage.SendAsync(HttpMethod.Get, "/readyz", null, [], patience.Token);
            if (answer.StatusCode == HttpStatusCode.OK == ready)
            {
                return answer;
            }

            answer.Dispose();
        }
    }
}
