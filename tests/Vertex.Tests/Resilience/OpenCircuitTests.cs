using Sluice.Core.Engines;
using Sluice.Emulator.Control;
using Sluice.Vertex.Resilience;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class OpenCircuitTests
{
    private static readonly ResilienceOptions Options = new() { MaxAttempts = 1, MinimumThroughput = 3, FailureRatio = 0.5 };

    [Theory]
    [InlineData(Fault.Unavailable, true)]
    [InlineData(Fault.Internal, true)]
    [InlineData(Fault.Deadline, true)]
    [InlineData(Fault.Empty, true)]
    [InlineData(Fault.Reset, true)]
    [InlineData(Fault.Truncate, true)]
    [InlineData(Fault.Quota, false)]
    [InlineData(Fault.AgentError, false)]
    [InlineData(Fault.ColdContainer, false)]
    [InlineData(Fault.Forbidden, false)]
    [InlineData(Fault.ErrorLine, false)]
    public async Task A_circuit_opens_for_what_the_engine_is_to_blame_for(Fault fault, bool opens)
    {
        await using var fleet = await Fleet.StartAsync(options: Options);
        fleet.First.Control.Enqueue(new Script { Fault = fault, Times = 0 });
        for (var turn = 0; turn < 6; turn++)
        {
            (await fleet.SayAsync("tell me a story")).Fault.ShouldNotBeNull();
        }

        fleet.Circuit(0).ShouldBe(opens ? CircuitState.Open : CircuitState.Closed);
    }

    [Fact]
    public async Task An_open_circuit_makes_no_call_and_says_when_it_will()
    {
        await using var fleet = await OpenAsync();
        var calls = fleet.First.Control.Counters.Calls;
        var outcome = await fleet.SayAsync("ping");
        var fault = outcome.Fault.ShouldNotBeNull();
        (fault.Kind, fault.RetryAfter, fault.Retry).ShouldBe((FaultKind.CircuitOpen, TimeSpan.FromSeconds(5), RetryVerdict.NotStarted));
        outcome.ServedBy.ShouldBeNull();
        fleet.First.Control.Counters.Calls.ShouldBe(calls);
        fleet.Engine.Regions.ShouldBe([new RegionHealth("default", "us-central1", CircuitState.Open, TimeSpan.FromSeconds(5))]);
    }

    [Fact]
    public async Task The_first_event_of_a_trial_closes_the_circuit_however_long_its_stream_goes_on()
    {
        await using var fleet = await OpenAsync();
        fleet.Time.Advance(TimeSpan.FromSeconds(5));
        fleet.First.Control.Enqueue(new Script { Holds = [Hold.BeforeEvent(1, "first"), Hold.BeforeEnd("end")] });
        var trial = FakeTurn.Saying("tell me a story");
        var running = fleet.RunAsync(trial);
        await fleet.First.Control.WaitForCallAsync(call => call.Message == "tell me a story");
        fleet.Circuit(0).ShouldBe(CircuitState.HalfOpen);
        (await fleet.SayAsync("ping")).Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.CircuitOpen);
        fleet.First.Control.Gate("first").Open();
        await trial.PublishedAsync();
        fleet.Circuit(0).ShouldBe(CircuitState.Closed);
        (await fleet.SayAsync("ping")).Fault.ShouldBeNull();
        fleet.First.Control.Gate("end").Open();
        (await running).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task A_cancelled_trial_leaves_the_trial_to_the_next_turn()
    {
        await using var fleet = await OpenAsync();
        fleet.Time.Advance(TimeSpan.FromSeconds(5));
        fleet.First.Control.Enqueue(new Script { Holds = [Hold.BeforeHeaders("never")] });
        using var cancel = new CancellationTokenSource();
        var running = fleet.RunAsync(FakeTurn.Saying("held"), cancel.Token);
        await fleet.First.Control.WaitForCallAsync(call => call.Message == "held");
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        fleet.Circuit(0).ShouldBe(CircuitState.Open);
        (await fleet.SayAsync("ping")).Fault.ShouldBeNull();
        fleet.Circuit(0).ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public async Task Changes_are_told_in_order()
    {
        await using var fleet = await OpenAsync();
        fleet.Time.Advance(TimeSpan.FromSeconds(5));
        await fleet.SayAsync("ping");
        (await fleet.Observer.ChangeAsync()).Circuit.ShouldBe(CircuitState.Open);
        (await fleet.Observer.ChangeAsync()).Circuit.ShouldBe(CircuitState.HalfOpen);
        (await fleet.Observer.ChangeAsync()).Circuit.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public async Task One_slow_engine_is_full_and_another_does_not_notice()
    {
        await using var slow = await Fleet.StartAsync(options: new ResilienceOptions { MaxCalls = 2, MaxWaiting = 1 });
        await using var quick = await Fleet.StartAsync(options: new ResilienceOptions { MaxCalls = 2, MaxWaiting = 1 });
        slow.First.Control.Enqueue(new Script { Times = 2, Holds = [Hold.BeforeHeaders("slow")] });
        var running = new[] { slow.SayAsync("a"), slow.SayAsync("b") };
        await slow.First.Control.WaitForCallAsync(nth: 2);
        var waiting = slow.SayAsync("c");
        var refused = (await slow.SayAsync("d")).Fault.ShouldNotBeNull();
        (refused.Kind, refused.RetryAfter).ShouldBe((FaultKind.EngineBusy, TimeSpan.FromSeconds(1)));
        (await quick.SayAsync("ping")).Fault.ShouldBeNull();
        slow.First.Control.Gate("slow").Open();
        foreach (var turn in running.Append(waiting))
        {
            (await turn).Fault.ShouldBeNull();
        }
    }

    private static async Task<Fleet> OpenAsync()
    {
        var fleet = await Fleet.StartAsync(options: Options);
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable, Times = 3 });
        for (var turn = 0; turn < 3; turn++)
        {
            await fleet.SayAsync("fail");
        }

        fleet.Circuit(0).ShouldBe(CircuitState.Open);
        return fleet;
    }
}
