using Sluice.Emulator.Control;
using Sluice.Rollout.Tests.Gateways;

namespace Sluice.Rollout.Tests.Scenarios;

/// <summary>The scripts against the gateway itself: what they take for health, an answer and the end of a stream is what it sends.</summary>
public sealed class RealGatewayTests
{
    [Fact]
    public async Task The_gateway_is_rolled_out()
    {
        await using var stage = await Stage.StartAsync();
        await using var old = await RealGateway.StartAsync(Stage.Old);
        await using var fresh = await RealGateway.StartAsync(Stage.New);
        stage.Front.Real[Stage.Old] = old.Address;
        stage.Front.Real[Stage.New] = fresh.Address;
        await using var rollout = stage.Rollout("--canary-percent", "50");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=50,gateway-old=50", "gateway-abc1234=100"]);
        fresh.Engine.Counters.Calls.ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task A_gateway_that_is_another_revision_gets_no_traffic()
    {
        await using var stage = await Stage.StartAsync();
        await using var another = await RealGateway.StartAsync("gateway-older");
        stage.Front.Real[Stage.New] = another.Address;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone]);
        rollout.Output.ShouldContain("revision_gateway-older");
    }

    [Theory]
    [InlineData(nameof(Emulator.Control.Fault.Unavailable))]
    [InlineData(nameof(Emulator.Control.Fault.Empty))]
    [InlineData(nameof(Emulator.Control.Fault.Truncate))]
    public async Task A_gateway_whose_engine_fails_under_traffic_loses_it(string fault)
    {
        await using var stage = await Stage.StartAsync();
        await using var fresh = await RealGateway.StartAsync(Stage.New);
        stage.Front.Real[Stage.New] = fresh.Address;
        var moved = stage.Cloud.BecomesAsync(Stage.Steps[1]);
        await using var rollout = stage.Rollout();
        await moved;
        fresh.Engine.Enqueue(new Script { Fault = Enum.Parse<Emulator.Control.Fault>(fault), Times = 0 });

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
    }
}
