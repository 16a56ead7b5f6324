using Sluice.Core.Engines;
using Sluice.Emulator.Control;
using Sluice.Vertex.Resilience;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class RegionTests
{
    private static readonly ServedBy Preferred = new("default", "us-central1");
    private static readonly ServedBy Next = new("default", "europe-west1");
    private static readonly ResilienceOptions QuickToOpen = new() { MinimumThroughput = 2 };

    [Fact]
    public async Task Turns_go_to_the_first_region()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2);
        (await fleet.SayAsync("ping")).ServedBy.ShouldBeSameAs((await fleet.SayAsync("ping")).ServedBy);
        (await fleet.SayAsync("ping")).ServedBy.ShouldBe(Preferred);
        fleet.Second.Control.Counters.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(Fault.Unavailable)]
    [InlineData(Fault.Quota)]
    [InlineData(Fault.ColdContainer)]
    public async Task A_refused_turn_is_tried_in_the_next_region_at_once(Fault fault)
    {
        await using var fleet = await Fleet.StartAsync(regions: 2);
        fleet.First.Control.Enqueue(new Script { Fault = fault, Times = 0 });
        var outcome = await fleet.SayAsync("ping");
        outcome.Fault.ShouldBeNull();
        outcome.ServedBy.ShouldBe(Next);
        (fleet.First.Control.Counters.TurnsRun("ping"), fleet.Second.Control.Counters.TurnsRun("ping")).ShouldBe((0, 1));
    }

    [Fact]
    public async Task A_turn_that_fails_everywhere_begins_again_at_the_first_region()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2);
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable });
        fleet.Second.Control.Enqueue(new Script { Fault = Fault.Unavailable });
        var running = fleet.SayAsync("ping");
        (await fleet.WaitOutAsync()).After.ShouldBeNull();
        (await fleet.WaitOutAsync()).After.ShouldNotBeNull();
        (await running).ServedBy.ShouldBe(Preferred);
    }

    [Fact]
    public async Task New_turns_leave_a_region_whose_circuit_opens_and_come_back_when_it_recovers()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2, options: QuickToOpen);
        await fleet.First.SuspendAsync();
        (await fleet.SayAsync("one")).ServedBy.ShouldBe(Next);
        (await fleet.SayAsync("two")).ServedBy.ShouldBe(Next);
        fleet.Circuit(0).ShouldBe(CircuitState.Open);
        fleet.Observer.Repetitions.ShouldBe(2);

        // Not asked any more, and not waited for.
        (await fleet.SayAsync("three")).ServedBy.ShouldBe(Next);
        fleet.Observer.Repetitions.ShouldBe(2);

        // The trial fails, and its turn goes on elsewhere.
        fleet.Time.Advance(TimeSpan.FromSeconds(5));
        (await fleet.SayAsync("four")).ServedBy.ShouldBe(Next);
        fleet.Circuit(0).ShouldBe(CircuitState.Open);

        await fleet.First.ResumeAsync();
        fleet.Time.Advance(TimeSpan.FromSeconds(5));
        (await fleet.SayAsync("five")).ServedBy.ShouldBe(Preferred);
        fleet.Circuit(0).ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public async Task With_every_circuit_open_a_turn_is_told_when_the_first_is_tried_again()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2, options: QuickToOpen with { MaxAttempts = 1 });
        await fleet.First.SuspendAsync();
        await fleet.Second.SuspendAsync();
        await fleet.SayAsync("one");
        fleet.Time.Advance(TimeSpan.FromSeconds(1));
        (await fleet.SayAsync("two")).Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.Unreachable);
        fleet.Time.Advance(TimeSpan.FromSeconds(1));
        var outcome = await fleet.SayAsync("three");
        outcome.ServedBy.ShouldBeNull();
        var fault = outcome.Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.CircuitOpen);
        fault.RetryAfter.ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_session_stays_with_the_region_that_holds_it_and_waits_for_it()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2, engine: "adk");
        var first = FakeTurn.Saying("one");
        (await fleet.RunAsync(first)).ServedBy.ShouldBe(Preferred);
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable });
        var second = Follow(first, "two");
        var running = fleet.RunAsync(second);
        (await fleet.WaitOutAsync()).After.ShouldNotBeNull();
        (await running).ServedBy.ShouldBe(Preferred);
        fleet.Second.Control.Counters.Calls.ShouldBe(0);
        second.EngineSession.ShouldNotBeNull().Id.ShouldBe(first.EngineSession.ShouldNotBeNull().Id);
    }

    [Fact]
    public async Task A_session_whose_region_is_open_moves_says_so_once_and_stays_where_it_went()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2, engine: "adk", options: QuickToOpen with { MaxAttempts = 1 });
        var first = FakeTurn.Saying("one");
        await fleet.RunAsync(first);
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable, Times = 0 });
        var failed = await fleet.RunAsync(Follow(first, "two"));
        failed.Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.Unavailable);
        failed.ServedBy.ShouldBe(Preferred);
        while (fleet.Circuit(0) != CircuitState.Open)
        {
            await fleet.RunAsync(Follow(first, "again"));
        }

        var moved = Follow(first, "three");
        (await fleet.RunAsync(moved)).ServedBy.ShouldBe(Next with { MovedFrom = "us-central1" });
        moved.EngineSession.ShouldNotBeNull().Region.ShouldBe("europe-west1");

        fleet.First.Control.ClearScripts();
        fleet.Time.Advance(TimeSpan.FromSeconds(10));
        (await fleet.RunAsync(Follow(moved, "four"))).ServedBy.ShouldBe(Next);
    }

    [Fact]
    public async Task A_session_whose_region_cannot_be_reached_moves_after_it_was_tried_for()
    {
        await using var fleet = await Fleet.StartAsync(regions: 2, engine: "adk", options: new ResilienceOptions { MaxAttempts = 2 });
        var first = FakeTurn.Saying("one");
        await fleet.RunAsync(first);
        await fleet.First.SuspendAsync();
        var running = fleet.RunAsync(Follow(first, "two"));
        (await fleet.WaitOutAsync()).After.ShouldNotBeNull();
        (await fleet.WaitOutAsync()).After.ShouldBeNull();
        (await running).ServedBy.ShouldBe(Next with { MovedFrom = "us-central1" });
    }

    [Fact]
    public async Task A_region_that_is_configured_no_more_is_gone()
    {
        await using var fleet = await Fleet.StartAsync(engine: "adk");
        var turn = FakeTurn.Saying("one");
        turn.EngineSession = new EngineSession("default", "asia-south1", "7");
        (await fleet.RunAsync(turn)).ServedBy.ShouldBe(Preferred with { MovedFrom = "asia-south1" });
        turn.EngineSession.Region.ShouldBe("us-central1");
    }

    private static FakeTurn Follow(FakeTurn before, string text)
    {
        var turn = FakeTurn.Saying(text);
        turn.EngineSession = before.EngineSession;
        return turn;
    }
}
