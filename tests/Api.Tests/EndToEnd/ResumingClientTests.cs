using System.Text.Json;
using Sluice.Emulator.Control;
using Sluice.TestKit;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>The npm package eventsource, whose connection is cut in the middle of a turn.</summary>
public sealed class ResumingClientTests(QueryStage shared) : IClassFixture<QueryStage>
{
    private static readonly string[] Story = ["One", " two", " three", " four", " five", " six"];

    private readonly Stage _stage = shared.Stage;

    [NodeFact("eventsource")]
    public async Task EventSource_that_loses_its_connection_twice_gets_every_chunk_once_and_stops_after_the_end()
    {
        _stage.Engine.Enqueue(Tell("follow", Hold.BeforeEvent(3, "follow-3"), Hold.BeforeEvent(5, "follow-5")));
        using var asked = await _stage.PostAsync("/invoke/stream", Asking.Body("follow", "followed"));
        var turn = asked.Headers.GetValues("X-Turn-Id").Single();

        // Event 1 is the turn's start: the first cut comes behind the second chunk, the second one behind the fourth.
        await using var proxy = new CuttingProxy(_stage.Address, 3, 2);
        var client = RunAsync(new Uri(proxy.Address, $"/sessions/followed/turns/{turn}/events"));
        await proxy.NextConnectionAsync();
        await proxy.NextConnectionAsync();
        _stage.Engine.Gate("follow-3").Open();
        await proxy.NextConnectionAsync();
        _stage.Engine.Gate("follow-5").Open();
        var result = await client;

        ShouldBeWhole(result, turn);
        result.GetProperty("opened").GetInt32().ShouldBe(3);
        result.GetProperty("closedWith").GetInt32().ShouldBe(204);
        proxy.Requests[1].ShouldContain($"{turn}:3");
        proxy.Requests[2].ShouldContain($"{turn}:5");
        _stage.Engine.Counters.TurnsRun("follow").ShouldBe(1);
    }

    [NodeFact("eventsource")]
    public async Task EventSource_that_asks_by_POST_is_resumed_and_does_not_ask_again()
    {
        _stage.Engine.Enqueue(Tell("ask", Hold.BeforeEvent(3, "ask-3")));
        await using var proxy = new CuttingProxy(_stage.Address, 3);
        var client = RunAsync(new Uri(proxy.Address, "/invoke/stream"), Asking.Body("ask", "asked"));
        await proxy.NextConnectionAsync();
        await proxy.NextConnectionAsync();
        _stage.Engine.Gate("ask-3").Open();
        var result = await client;

        ShouldBeWhole(result, result.GetProperty("ends")[0].GetProperty("turn_id").GetString()!);
        result.GetProperty("opened").GetInt32().ShouldBe(2);
        _stage.Engine.Counters.TurnsRun("ask").ShouldBe(1);
    }

    [NodeFact("eventsource")]
    public async Task EventSource_whose_turn_moves_comes_back_by_itself_and_gets_the_rest_from_the_next_gateway()
    {
        var data = Directory.CreateTempSubdirectory("sluice-data-");
        string[] environment = [$"Sluice__Data={data.FullName}", "Sluice__Hosting__DrainTime=0s", "Sluice__Recovery__Quiet=100ms"];
        await using var stage = await Stage.StartAsync("adk", environment);
        stage.Engine.Enqueue(Tell("moving") with { Fault = Fault.Stall, After = 2, Turn = TurnReach.Completed });
        using var asked = await stage.PostAsync("/invoke/stream", Asking.Body("moving", "moving"));
        var turn = asked.Headers.GetValues("X-Turn-Id").Single();
        await using var proxy = new CuttingProxy(stage.Address);
        var client = RunAsync(new Uri(proxy.Address, $"/sessions/moving/turns/{turn}/events"));
        await proxy.NextConnectionAsync();

        await stage.Process.TerminateAsync();
        await stage.KillAndRestartAsync("adk", environment);
        proxy.Behind = stage.Address;
        var result = await client;

        result.GetProperty("told").EnumerateArray().Select(code => code.GetString()).ShouldBe(["moved"]);
        string.Concat(result.GetProperty("chunks").EnumerateArray().Select(chunk => chunk.GetString())).ShouldBe(string.Concat(Story));
        result.GetProperty("ids").EnumerateArray().Select(id => id.GetString()).ShouldBeUnique();
        result.GetProperty("ends").GetArrayLength().ShouldBe(1);
        result.GetProperty("closedWith").GetInt32().ShouldBe(204);
        proxy.Requests.Skip(1).ShouldAllBe(request => request.Contains($"Last-Event-ID: {turn}:", StringComparison.Ordinal));
        stage.Engine.Counters.TurnsRun("moving").ShouldBe(1);
        data.Delete(recursive: true);
    }

    private static Script Tell(string prompt, params Hold[] holds) => new() { MessageContains = prompt, Text = string.Concat(Story), Holds = holds };

    private static async Task<JsonElement> RunAsync(Uri url, string? body = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["URL"] = url.ToString(), ["BODY"] = body ?? "" };
        return JsonElement.Parse(await NodeFactAttribute.RunAsync("eventsource-follow.mjs", environment, limit.Token));
    }

    private static void ShouldBeWhole(JsonElement result, string turn)
    {
        result.GetProperty("chunks").EnumerateArray().Select(chunk => chunk.GetString()).ShouldBe(Story);
        result.GetProperty("ids").EnumerateArray().Select(id => id.GetString()).ShouldBe(Enumerable.Range(2, Story.Length + 1).Select(number => $"{turn}:{number}"));
        result.GetProperty("ends").GetArrayLength().ShouldBe(1);
    }
}
