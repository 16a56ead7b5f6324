using System.Text.Json.Nodes;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.Faults.Tests.Gateways;

namespace Sluice.Faults.Tests.Matrix;

/// <summary>An engine that nobody reaches: it is the same for all who ask, so these have an emulator of their own.</summary>
public sealed class LostEngineTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private EmulatorHost _emulator = null!;

    public async Task InitializeAsync() => _emulator = await EmulatorHost.StartAsync();

    public async Task DisposeAsync()
    {
        await _emulator.DisposeAsync();
        _limit.Dispose();
    }

    [Theory]
    [InlineData("echo", "/invoke")]
    [InlineData("echo", "/invoke/stream")]
    [InlineData("adk", "/invoke")]
    [InlineData("adk", "/invoke/stream")]
    public async Task Engine_that_refuses_connections_is_unreachable_until_it_is_back(string engine, string path)
    {
        await using var gateway = await RunningGateway.StartAsync(_emulator, engine, FaultStage.Settings);
        await ShouldAnswerAsync(gateway, path, "before");

        await _emulator.SuspendAsync();
        using var refused = await gateway.Client.AskAsync(path, "meanwhile", "session", _limit.Token);
        ((int)refused.StatusCode).ShouldBe(502);
        var problem = await refused.Content.ReadAsStringAsync();
        JsonNode.Parse(problem)!["code"]!.GetValue<string>().ShouldBe("engine_unreachable");
        problem.ShouldNotContain("meanwhile");
        var turn = await gateway.Client.TurnAsync("session", refused.Header("X-Turn-Id"), _limit.Token);
        turn["state"]!.GetValue<string>().ShouldBe("failed");
        turn["error"]!["retryable"]!.GetValue<bool>().ShouldBeTrue();

        await _emulator.ResumeAsync();
        await ShouldAnswerAsync(gateway, path, "afterwards");
        _emulator.Control.Counters.TurnsRun("meanwhile").ShouldBe(0);
    }

    [Theory]
    [InlineData("/invoke")]
    [InlineData("/invoke/stream?format=events")]
    public async Task Turn_is_told_whole_when_its_engine_was_lost_in_the_middle_and_finished_it_unseen(string path)
    {
        await using var gateway = await RunningGateway.StartAsync(_emulator, "adk", FaultStage.Settings);
        await _emulator.EnqueueAsync(gateway.Client, ("hold=3@door;turn=completed", "messageContains", "a long one"));
        var asking = gateway.Client.AskAsync(path, "a long one", "session", _limit.Token);
        await _emulator.Control.Gate("door").WaitForArrivalAsync();
        await _emulator.SuspendAsync();
        await _emulator.ResumeAsync();

        using var answer = await asking;
        ((int)answer.StatusCode).ShouldBe(200);
        var turn = answer.Header("X-Turn-Id");
        var follower = new TurnFollower(gateway.Client, new Random(1), _limit.Token);
        await follower.FollowAsync("session", turn);
        follower.Events[^1].EventType.ShouldBe("done");
        using var again = await gateway.Client.GetAsync($"/sessions/session/turns/{turn}/events", _limit.Token);
        var text = await again.Content.ReadAsStringAsync();
        text.Split("data: ").Count(line => line.StartsWith("{\"chunk\"", StringComparison.Ordinal)).ShouldBeGreaterThan(1);
        _emulator.Control.Counters.TurnsRun("a long one").ShouldBe(1);
        _emulator.Control.Calls.Count(call => call.Verb == Verb.StreamQuery && call.Message == "a long one").ShouldBe(1);
    }

    private async Task ShouldAnswerAsync(RunningGateway gateway, string path, string question)
    {
        using var answer = await gateway.Client.AskAsync(path, question, "session", _limit.Token);
        ((int)answer.StatusCode).ShouldBe(200);
        await answer.Content.ReadAsStringAsync(_limit.Token);
        _emulator.Control.Counters.TurnsRun(question).ShouldBe(1);
    }
}
