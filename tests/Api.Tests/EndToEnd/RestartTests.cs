using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Processes;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>A gateway that stores its sessions, killed with -9, and another on the same directory.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-data-").FullName;

    private string Data => $"Sluice__Data={_directory}";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Everything_of_a_finished_turn_is_found_again()
    {
        await using var stage = await Stage.StartAsync("echo", Data);
        (string, string) key = ("Idempotency-Key", "once");
        using var first = await stage.PostAsync("/invoke", Asking.Body("answered", "s"), key);
        var answer = await first.Content.ReadAsStringAsync();
        var turn = first.Header("X-Turn-Id");
        await using var stream = await Events.OfAsync(await stage.PostAsync("/invoke/stream", Asking.Body("streamed", "s")));
        (await stream.RestAsync()).LastAs("done");
        string[] paths = ["/sessions/s", $"/sessions/s/turns/{turn}", $"/sessions/s/turns/{turn}/events", $"/sessions/s/turns/{turn}/events?after=1&format=events"];
        var before = await BodiesAsync(stage, paths);

        await stage.KillAndRestartAsync("echo", Data);

        (await BodiesAsync(stage, paths)).ShouldBe(before);
        using var resumed = await stage.GetAsync($"/sessions/s/turns/{turn}/events", ("Last-Event-ID", $"{turn}:2"));
        (await resumed.Content.ReadAsStringAsync()).ShouldBe(before[2][before[2].IndexOf($"id: {turn}:3", StringComparison.Ordinal)..]);
        using var again = await stage.PostAsync("/invoke", Asking.Body("answered", "s"), key);
        ((int)again.StatusCode).ShouldBe(200);
        (await again.Content.ReadAsStringAsync()).ShouldBe(answer);
        again.Header("Content-Type").ShouldBe(first.Header("Content-Type"));
        again.Header("X-Turn-Id").ShouldBe(turn);
        again.Header("Idempotent-Replayed").ShouldBe("true");
        using var other = await stage.PostAsync("/invoke", Asking.Body("another", "s"), key);
        await other.ProblemAsync(422, "idempotency_key_reused");
        stage.Engine.Counters.TurnsRun("answered").ShouldBe(1);
        stage.Engine.Counters.TurnsRun("another").ShouldBe(0);
    }

    [Fact]
    public async Task Budget_of_a_tenant_is_counted_on()
    {
        string[] environment = [Data, "Sluice__Limits__TenantTokens=300", "Sluice__Limits__AnswerTokens=100"];
        await using var stage = await Stage.StartAsync("echo", environment);
        using var first = await stage.PostAsync("/invoke", Asking.Body(new string('x', 600), "s"));
        ((int)first.StatusCode).ShouldBe(200);

        await stage.KillAndRestartAsync("echo", environment);

        using var second = await stage.PostAsync("/invoke", Asking.Body("hello", "s"));
        await second.ProblemAsync(402, "budget_exhausted");
    }

    [Fact]
    public async Task Conversation_goes_on_in_the_same_session_of_the_engine()
    {
        await using var stage = await Stage.StartAsync("adk", Data);
        (await stage.PostAsync("/invoke", """{"text":"turn one","session_id":"kept","user_id":"ada"}""")).Dispose();

        await stage.KillAndRestartAsync("adk", Data);

        (await stage.PostAsync("/invoke", Asking.Body("turn two", "kept"))).Dispose();
        var turns = stage.Engine.Calls.Where(call => call.Message?.StartsWith("turn ", StringComparison.Ordinal) == true).ToList();
        turns.Select(call => call.Message).ShouldBe(["turn one", "turn two"]);
        turns.Select(call => call.SessionId).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
        turns.ShouldAllBe(call => call.UserId == "ada");
    }

    [Fact]
    public async Task Turn_that_ran_when_the_gateway_died_at_an_engine_that_cannot_be_asked_ends_as_unknown_and_is_not_run_again()
    {
        await using var stage = await Stage.StartAsync("echo", Data);
        stage.Engine.Enqueue(new Script { MessageContains = "cut short", Holds = [Hold.BeforeEvent(2, "never")] });
        (string, string) key = ("Idempotency-Key", "once");
        var running = await stage.PostAsync("/invoke/stream", Asking.Body("cut short", "s"), key);
        var turn = running.Header("X-Turn-Id");
        await using var events = await Events.OfAsync(running);
        var chunk = await events.NextChunkAsync();
        await UntilStoredAsync(stage, turn);

        await stage.KillAndRestartAsync("echo", Data);

        await using var told = await Events.OfAsync(await stage.GetAsync($"/sessions/s/turns/{turn}/events"));
        var all = await told.RestAsync();
        all.Text().ShouldBe(chunk);
        all.LastAs("error").Text("state").ShouldBe("unknown");
        using var found = await stage.GetAsync($"/sessions/s/turns/{turn}");
        var state = await found.JsonAsync();
        state.Text("state").ShouldBe("unknown");
        state.GetProperty("error").Text("code").ShouldBe("turn_interrupted");
        using var again = await stage.PostAsync("/invoke", Asking.Body("cut short", "s"), key);
        var problem = await again.ProblemAsync(502, "turn_interrupted");
        problem.Text("turn_id").ShouldBe(turn);
        problem.Text("state").ShouldBe("unknown");
        using var next = await stage.PostAsync("/invoke", Asking.Body("goes on", "s"));
        ((int)next.StatusCode).ShouldBe(200);
        stage.Engine.Counters.TurnsRun("cut short").ShouldBeLessThanOrEqualTo(1);
        stage.Engine.Calls.Count(call => call.Message == "cut short").ShouldBe(1);
    }

    [Fact]
    public async Task Turn_that_ran_when_the_gateway_died_is_finished_from_the_engines_session()
    {
        string[] environment = [Data, "Sluice__Recovery__Quiet=100ms"];
        await using var stage = await Stage.StartAsync("adk", environment);
        stage.Engine.Enqueue(new Script { MessageContains = "unseen", Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });
        (string, string) key = ("Idempotency-Key", "once");
        var running = await stage.PostAsync("/invoke/stream", Asking.Body("unseen", "s"), key);
        var turn = running.Header("X-Turn-Id");
        await using var before = await Events.OfAsync(running);
        await before.NextChunkAsync();
        await UntilStoredAsync(stage, turn);

        await stage.KillAndRestartAsync("adk", environment);

        await using var told = await Events.OfAsync(await stage.GetAsync($"/sessions/s/turns/{turn}/events"));
        var all = await told.RestAsync();
        all.Text().ShouldBe("You said: unseen");
        all.LastAs("done");
        using var again = await stage.PostAsync("/invoke", Asking.Body("unseen", "s"), key);
        (await again.JsonAsync()).Text("output").ShouldBe("You said: unseen");
        stage.Engine.Counters.TurnsRun("unseen").ShouldBe(1);
    }

    [Fact]
    public async Task Turns_that_waited_when_the_gateway_died_run_in_their_order()
    {
        await using var stage = await Stage.StartAsync("echo", Data);
        stage.Engine.Enqueue(new Script { MessageContains = "first", Holds = [Hold.BeforeEvent(2, "never")] });
        await using var first = await Events.OfAsync(await stage.PostAsync("/invoke/stream", Asking.Body("first", "s")));
        await first.NextChunkAsync();
        using var second = await stage.PostAsync("/invoke/stream", Asking.Body("second", "s"));
        using var third = await stage.PostAsync("/invoke/stream", Asking.Body("third", "s"));

        await stage.KillAndRestartAsync("echo", Data);

        await using var told = await Events.OfAsync(await stage.GetAsync($"/sessions/s/turns/{third.Header("X-Turn-Id")}/events"));
        (await told.RestAsync()).LastAs("done");
        using var session = await stage.GetAsync("/sessions/s");
        var turns = (await session.JsonAsync()).GetProperty("turns").EnumerateArray().ToList();
        turns.Select(turn => turn.Text("state")).ShouldBe(["unknown", "completed", "completed"]);
        turns.Skip(1).Select(turn => turn.Text("turn_id")).ShouldBe([second.Header("X-Turn-Id"), third.Header("X-Turn-Id")]);
        stage.Engine.Calls.Select(call => call.Message).Where(message => message is not null).ShouldBe(["first", "second", "third"]);
    }

    [Fact]
    public async Task Forgotten_session_stays_forgotten()
    {
        await using var stage = await Stage.StartAsync("echo", Data);
        using var answer = await stage.PostAsync("/invoke", Asking.Body("forget me", "s"));
        (await stage.SendAsync(HttpMethod.Delete, "/sessions/s", null, [])).Dispose();

        await stage.KillAndRestartAsync("echo", Data);

        using var session = await stage.GetAsync("/sessions/s");
        await session.ProblemAsync(404, "unknown_session");
        using var turn = await stage.GetAsync($"/sessions/s/turns/{answer.Header("X-Turn-Id")}");
        await turn.ProblemAsync(404, "unknown_turn");
    }

    [Fact]
    public async Task Directory_that_the_gateway_makes_is_its_users_alone()
    {
        var made = Path.Combine(_directory, "made");
        await using var stage = await Stage.StartAsync("echo", $"Sluice__Data={made}");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(made).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Second_gateway_on_the_same_directory_does_not_start()
    {
        await using var stage = await Stage.StartAsync("echo", Data);
        await using var second = await GatewayProcess.RunToEndAsync(["PORT=0", Data]);
        second.ExitCode.ShouldBe(1);
        second.Error.ShouldContain("another gateway uses this directory");
    }

    [Fact]
    public async Task Directory_that_cannot_be_made_is_named_and_stops_the_start()
    {
        await using var gateway = await GatewayProcess.RunToEndAsync(["PORT=0", $"Sluice__Data={_directory}/missing/data"]);
        gateway.ExitCode.ShouldBe(1);
        gateway.Error.ShouldContain("Sluice:Data");
    }

    [Fact]
    public async Task File_that_is_no_database_stops_the_start()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "sluice.db"), new string('x', 10_000));
        await using var gateway = await GatewayProcess.RunToEndAsync(["PORT=0", Data]);
        gateway.ExitCode.ShouldBe(1);
        gateway.Error.ShouldContain("damaged, or no database");
    }

    private static async Task<string[]> BodiesAsync(Stage stage, string[] paths)
    {
        var bodies = new List<string>();
        foreach (var path in paths)
        {
            using var response = await stage.GetAsync(path);
            ((int)response.StatusCode).ShouldBe(200, path);
            bodies.Add(await response.Content.ReadAsStringAsync());
        }

        return [.. bodies];
    }

    // Events are stored within a tenth of a second or two; each look is an exact one.
    private async Task UntilStoredAsync(Stage stage, string turn)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_directory}/sluice.db;Mode=ReadOnly;Pooling=false");
            await connection.OpenAsync(patience.Token);
            await using var command = connection.CreateCommand();
            command.CommandText = "select count(*) from turns t join events e on e.turn = t.number where t.turn = $1";
            command.Parameters.AddWithValue("$1", turn);
            if (await command.ExecuteScalarAsync(patience.Token) is > 0L)
            {
                return;
            }

            (await stage.GetAsync("/livez")).Dispose();
        }
    }
}
