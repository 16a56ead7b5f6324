using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Sluice.Api.Rpc;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Rpc;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.PostgresKit;
using Sluice.TestKit;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>The executable in the role grpc.</summary>
public sealed class RpcTests : IDisposable
{
    private const string Role = "Sluice__Role=grpc";
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-data-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [NodeFact("@grpc/grpc-js")]
    public async Task Grpc_js_asks_reads_along_leaves_and_gets_exactly_the_rest()
    {
        await using var stage = await Stage.StartAsync("echo", Role);
        stage.Engine.Enqueue(new Script { MessageContains = "tell", Text = "One two three", Holds = [Hold.BeforeEvent(2, "two")] });

        var seen = await RunAsync(stage, "InvokeStream", new { text = "tell", session_id = "s" }, ("LEAVE_AFTER", "2"));
        var turn = seen[0].GetProperty("started").Text("turn_id");
        seen[^1].Text("status").ShouldBe("CANCELLED");
        stage.Engine.Gate("two").Open();
        var rest = await RunAsync(stage, "InvokeStream", new { resume = new { turn_id = turn, sequence = 2 } });
        var whole = await RunAsync(stage, "Invoke", new { resume = new { turn_id = turn } });
        var state = await RunAsync(stage, "GetTurn", new { turn_id = turn });

        seen[1].Text("sequence").ShouldBe("2");
        rest[0].Text("sequence").ShouldBe("3");
        rest[^1].Text("status").ShouldBe("OK");
        string.Concat(seen.Concat(rest).Where(line => line.TryGetProperty("delta", out _)).Select(line => line.GetProperty("delta").Text("text"))).ShouldBe("One two three");
        whole[0].Text("text").ShouldBe("One two three");
        state[0].Text("state").ShouldBe("TURN_STATE_COMPLETED");
        stage.Engine.Counters.TurnsRun("tell").ShouldBe(1);
    }

    [NodeFact("@grpc/grpc-js")]
    public async Task Grpc_js_is_told_what_is_wrong_and_its_deadline_ends_its_wait_alone()
    {
        await using var stage = await Stage.StartAsync("echo", Role);
        stage.Engine.Enqueue(new Script { MessageContains = "slow", Text = "at last", Holds = [Hold.BeforeEvent(1, "slow")] });

        var wrong = await RunAsync(stage, "Invoke", new { text = "t", session_id = "a b" });
        var hasty = await RunAsync(stage, "Invoke", new { text = "slow", idempotency_key = "k" }, ("DEADLINE_MS", "1500"));
        stage.Engine.Gate("slow").Open();
        var again = await RunAsync(stage, "Invoke", new { text = "slow", idempotency_key = "k" });

        wrong[^1].Text("status").ShouldBe("INVALID_ARGUMENT");
        wrong[^1].Text("details").ShouldBe("session_id: must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -.");
        wrong[^1].GetProperty("trailers").Text("x-error-code").ShouldBe("invalid_request");
        hasty[^1].Text("status").ShouldBe("DEADLINE_EXCEEDED");
        Encoding.UTF8.GetString(again[0].GetProperty("json").GetBytesFromBase64()).ShouldContain("at last");
        stage.Engine.Counters.TurnsRun("slow").ShouldBe(1);
    }

    [Fact]
    public async Task Told_to_stop_it_is_not_serving_hands_its_turn_over_and_the_next_process_goes_on_over_http()
    {
        string[] environment = [$"Sluice__Data={_directory}", "Sluice__Hosting__DrainTime=1s", "Sluice__Recovery__Quiet=100ms"];
        await using var stage = await Stage.StartAsync("adk", [Role, .. environment]);
        stage.Engine.Enqueue(new Script { MessageContains = "long way", Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });
        using var channel = GrpcChannel.ForAddress(stage.Address);
        using var watching = new Health.HealthClient(channel).Watch(new HealthCheckRequest());
        (await watching.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience)).ShouldBeTrue();
        using var stream = channel.Client().InvokeStream(Calling.Ask("long way", "s"));
        var turn = (await stream.NextAsync()).Started.TurnId;
        var seen = (await stream.NextAsync()).Delta.Text;

        stage.Process.SignalStop();

        (await watching.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience)).ShouldBeTrue();
        watching.ResponseStream.Current.Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.NotServing);
        (await channel.Client().InvokeAsync(Calling.Ask("too late")).FailureAsync()).ShouldBe(StatusCode.Unavailable, "stopping");
        Wire.InvokeEvent? last = null;
        var moved = await ReadAsync().FailureAsync();
        moved.ShouldBe(StatusCode.Unavailable, "moved");
        await stage.Process.EndedAsync();
        stage.Process.ExitCode.ShouldBe(0);

        await stage.KillAndRestartAsync("adk", environment);

        var cursor = moved.Trailer(RpcStatus.CursorTrailer)!;
        cursor.ShouldBe($"{turn}:{last?.Sequence ?? 2}");
        await using var events = await Events.OfAsync(await stage.GetAsync($"/sessions/s/turns/{turn}/events", ("Last-Event-ID", cursor)));
        var rest = await events.RestAsync();
        rest.LastAs("done");
        (seen + rest.Text()).ShouldBe("You said: long way");
        stage.Engine.Counters.TurnsRun("long way").ShouldBe(1);

        async Task ReadAsync()
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
            {
                last = stream.ResponseStream.Current;
                seen += last.Delta?.Text;
            }
        }
    }

    [Fact]
    public async Task One_who_speaks_http_1_is_told_so_at_once()
    {
        await using var stage = await Stage.StartAsync("echo", Role);

        using var answer = await stage.GetAsync("/_health");

        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("HTTP/2");
    }

    [Fact]
    public async Task Call_is_in_the_trace_it_came_in_in_the_log_and_in_the_metrics_by_its_own_status()
    {
        var port = FreePorts.Take();
        await using var stage = await Stage.StartAsync("echo", Role, $"Sluice__Metrics__Port={port}", "Sluice__Logging__Requests=all");
        using var channel = GrpcChannel.ForAddress(stage.Address);

        var missing = await channel.Client().GetTurnAsync(
            new Wire.GetTurnRequest { TurnId = new string('a', 32) }, new Metadata { { "traceparent", $"00-{Trace}-b7ad6b7169203331-01" } }).FailureAsync();

        missing.ShouldBe(StatusCode.NotFound, "unknown_turn").Trailer("x-trace-id").ShouldBe(Trace);
        using var scraper = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        var metrics = await scraper.GetStringAsync("/metrics");
        metrics.ShouldMatch("http_server_request_duration_seconds_count\\{.*http_route=\"/sluice.v1.AgentGateway/GetTurn\".*rpc_response_status_code=\"NOT_FOUND\".*\\} 1\n");
        await stage.Process.TerminateAsync();
        stage.Process.Output.ShouldContain("POST /sluice.v1.AgentGateway/GetTurn NOT_FOUND in");
        stage.Process.Output.ShouldContain("\"fields\":{\"RpcStatus\":\"NOT_FOUND\"}");
    }

    [Fact]
    public async Task Question_that_was_answered_is_answered_from_the_cache_unless_the_caller_wants_it_new()
    {
        await using var stage = await Stage.StartAsync("echo", Role, "Sluice__Cache__Ttl=1m");
        using var channel = GrpcChannel.ForAddress(stage.Address);
        var question = new Wire.InvokeRequest { Text = "kept", Stateless = true };

        (await channel.Client().InvokeAsync(question)).Origin.Cache.ShouldBe("miss");
        var kept = await channel.Client().InvokeAsync(question);
        kept.Origin.Cache.ShouldBe("hit");
        kept.Origin.Age.ShouldNotBeNull();
        (await channel.Client().InvokeAsync(question, new Metadata { { "cache-control", "no-cache" } })).Origin.Cache.ShouldBe("bypass");
        (await channel.Client().InvokeAsync(new Wire.InvokeRequest { Text = "new", Stateless = true }, new Metadata { { "cache-control", "only-if-cached" } }).FailureAsync())
            .ShouldBe(StatusCode.FailedPrecondition, "not_cached");
        stage.Engine.Counters.TurnsRun("kept").ShouldBe(2);
    }

    [Fact]
    public async Task Where_callers_are_not_told_apart_a_name_that_is_not_this_machines_is_refused()
    {
        await using var stage = await Stage.StartAsync("echo", Role);
        using var channel = GrpcChannel.ForAddress(stage.Address, new GrpcChannelOptions { HttpHandler = new NamedHost("attacker.example", new SocketsHttpHandler()) });

        (await channel.Client().InvokeAsync(Calling.Ask("t")).FailureAsync()).ShouldBe(StatusCode.PermissionDenied, "not_this_machine");
    }

    [PostgresFact]
    public async Task Turn_of_a_gateway_for_http_is_read_and_cancelled_at_one_for_grpc_that_shares_its_database()
    {
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        string[] shared = ["Sluice__Host=Replicas", $"ConnectionStrings__Postgres={database}"];
        var emulator = await EmulatorHost.StartAsync();
        await using var http = await Stage.StartAsync(emulator, "adk", shared);
        await using var rpc = await Stage.StartAsync(emulator, "adk", [Role, .. shared]);
        http.Engine.Enqueue(new Script { MessageContains = "shared", Holds = [Hold.BeforeEvent(2, "shared")] });
        using var channel = GrpcChannel.ForAddress(rpc.Address);

        var asked = await http.PostAsync("/invoke/stream", Asking.Body("shared", "s"));
        await using var events = await Events.OfAsync(asked);
        await events.NextChunkAsync();
        var turn = asked.Header("X-Turn-Id");
        using var rest = channel.Client().FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 1) });
        (await rest.NextAsync()).Delta.Text.ShouldBe("You");

        await channel.Client().CancelTurnAsync(new Wire.CancelTurnRequest { TurnId = turn });

        (await rest.RestAsync().FailureAsync()).ShouldBe(StatusCode.Cancelled, "turn_cancelled");
        (await events.RestAsync()).LastAs("error").Text("reason").ShouldBe("requested");
        (await channel.Client().GetTurnAsync(new Wire.GetTurnRequest { TurnId = turn })).State.ShouldBe(Wire.TurnState.Cancelled);
        http.Engine.Counters.TurnsRun("shared").ShouldBe(1);
    }

    private static async Task<List<JsonElement>> RunAsync(Stage stage, string method, object request, params (string Name, string Value)[] settings)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        var printed = await NodeFactAttribute.RunAsync(
            "grpc-call.mjs",
            settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal),
            [stage.Address.Authority, method, JsonSerializer.Serialize(request)],
            limit.Token);
        return [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    private sealed class NamedHost(string name, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Host = name;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
