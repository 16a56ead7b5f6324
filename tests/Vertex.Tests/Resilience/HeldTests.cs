using Sluice.Core.Engines;
using Sluice.Emulator.Control;
using Sluice.Vertex.Resilience;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Resilience;

/// <summary>A turn that another process may have taken over is not given to the engine any more, whenever that happens.</summary>
public sealed class HeldTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("adk")]
    public async Task A_turn_that_is_not_held_is_never_called_for(string engine)
    {
        await using var fleet = await Fleet.StartAsync(regions: 2, engine);
        var turn = FakeTurn.Saying("ping");
        turn.IsHeld = false;

        LetGo(await fleet.RunAsync(turn)).NeverStarted.ShouldBeTrue();

        Asked(fleet).ShouldBe(0);
        fleet.Second.Control.Counters.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_session_may_be_made_and_the_turn_lost_meanwhile()
    {
        await using var fleet = await Fleet.StartAsync(engine: "adk");
        var turn = new LosingTurn { Request = FakeTurn.Saying("ping").Request };

        LetGo(await fleet.RunAsync(turn)).NeverStarted.ShouldBeTrue();

        turn.Binds.ShouldBe(1);
        fleet.First.Control.Calls.ShouldNotContain(call => call.Verb == Verb.StreamQuery);
    }

    [Fact]
    public async Task A_turn_lost_in_the_wait_before_a_repetition_is_not_repeated()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable });
        var turn = FakeTurn.Saying("ping");
        var running = fleet.RunAsync(turn);
        var (_, _, after) = await fleet.Observer.RepeatingAsync();
        turn.IsHeld = false;
        fleet.Time.Advance(after!.Value);

        LetGo(await running).NeverStarted.ShouldBeTrue();

        fleet.First.Control.Counters.TurnsRun("ping").ShouldBe(0);
    }

    [Fact]
    public async Task What_failed_when_the_turn_was_lost_takes_nothing_from_the_budget_and_goes_nowhere_else()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { RetryReserve = 1, RetryRatio = 0 });
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable, Times = 2 });
        LetGo(await fleet.RunAsync(new CountingTurn(asks: 2) { Request = FakeTurn.Saying("one").Request })).NeverStarted.ShouldBeTrue();
        fleet.Observer.Repetitions.ShouldBe(0);

        var next = fleet.SayAsync("two");
        await fleet.WaitOutAsync();
        (await next).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task A_turn_that_may_have_started_is_not_said_never_to_have()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { SafeToRepeat = true });
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Internal });

        var fault = LetGo(await fleet.RunAsync(new CountingTurn(asks: 2) { Request = FakeTurn.Saying("ping").Request }));

        fault.LeavesTurnUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task A_turn_lost_while_it_waited_for_room_is_not_called_for()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { MaxCalls = 1 });
        fleet.First.Control.Enqueue(new Script { MessageContains = "one", Holds = [Hold.BeforeHeaders("one")] });
        var first = fleet.SayAsync("one");
        await fleet.First.Control.WaitForCallAsync();
        var turn = FakeTurn.Saying("two");
        var second = fleet.RunAsync(turn);
        turn.IsHeld = false;
        fleet.First.Control.Gate("one").Open();

        (await first).Fault.ShouldBeNull();
        LetGo(await second).NeverStarted.ShouldBeTrue();
        fleet.First.Control.Counters.TurnsRun("two").ShouldBe(0);
    }

    [Fact]
    public async Task Turns_that_are_lost_right_before_the_call_open_no_circuit()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { MaxAttempts = 1, MinimumThroughput = 2, FailureRatio = 0.01 });
        for (var turns = 0; turns < 4; turns++)
        {
            LetGo(await fleet.RunAsync(new CountingTurn(asks: 1) { Request = FakeTurn.Saying("ping").Request }));
        }

        fleet.Circuit(0).ShouldBe(CircuitState.Closed);
        Asked(fleet).ShouldBe(0);
    }

    private static long Asked(Fleet fleet) => fleet.First.Control.Calls.Count(call => call.Verb is Verb.Query or Verb.StreamQuery);

    private static EngineFault LetGo(EngineOutcome outcome)
    {
        var fault = outcome.Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.Interrupted);
        return fault;
    }

    private sealed class LosingTurn : FakeTurn
    {
        public override void BindEngineSession(EngineSession session)
        {
            base.BindEngineSession(session);
            IsHeld = false;
        }
    }

    // Held as often as it is asked for.
    private sealed class CountingTurn(int asks) : FakeTurn
    {
        private int _asked;

        public override bool IsHeld => _asked++ < asks;
    }
}
