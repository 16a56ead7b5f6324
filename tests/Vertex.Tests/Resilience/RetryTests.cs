using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Emulator.Control;
using Sluice.Vertex.Resilience;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class RetryTests
{
    [Theory]
    [InlineData(Fault.Unavailable, FaultKind.Unavailable, "plain", Delivery.Streamed)]
    [InlineData(Fault.Unavailable, FaultKind.Unavailable, "plain", Delivery.Whole)]
    [InlineData(Fault.Unavailable, FaultKind.Unavailable, "adk", Delivery.Streamed)]
    [InlineData(Fault.BadGateway, FaultKind.Unavailable, "adk", Delivery.Whole)]
    [InlineData(Fault.ColdContainer, FaultKind.ColdStart, "plain", Delivery.Streamed)]
    [InlineData(Fault.ColdContainerEmpty, FaultKind.ColdStart, "adk", Delivery.Streamed)]
    public async Task What_cannot_have_started_is_tried_until_it_works_and_runs_once(Fault fault, FaultKind kind, string engine, Delivery delivery)
    {
        await using var fleet = await Fleet.StartAsync(engine: engine);
        fleet.First.Control.Enqueue(new Script { MessageContains = "ping", Fault = fault, Times = 3 });
        var turn = FakeTurn.Saying("ping", delivery);
        var running = fleet.RunAsync(turn);
        for (var repetition = 0; repetition < 3; repetition++)
        {
            (await fleet.WaitOutAsync()).Fault.ShouldBe(kind);
        }

        var outcome = await running;
        outcome.Fault.ShouldBeNull();
        outcome.ServedBy.ShouldBe(new ServedBy("default", "us-central1"));
        turn.Raw.ShouldNotBeEmpty();
        fleet.First.Control.Counters.TurnsRun("ping").ShouldBe(1);
    }

    [Theory]
    [InlineData(Fault.Internal, FaultKind.InternalError)]
    [InlineData(Fault.Deadline, FaultKind.UpstreamDeadline)]
    [InlineData(Fault.Empty, FaultKind.EmptyAnswer)]
    [InlineData(Fault.Reset, FaultKind.CutStream)]
    [InlineData(Fault.AgentError, FaultKind.AgentFailed)]
    [InlineData(Fault.Forbidden, FaultKind.PermissionDenied)]
    [InlineData(Fault.Truncate, FaultKind.CutStream)]
    [InlineData(Fault.ErrorLine, FaultKind.StreamError)]
    public async Task What_may_have_started_is_not_repeated_and_neither_is_what_would_fail_again(Fault fault, FaultKind kind)
    {
        await using var fleet = await Fleet.StartAsync(regions: 2);
        fleet.First.Control.Enqueue(new Script { Fault = fault, Times = 0 });
        (await fleet.SayAsync("ping")).Fault.ShouldNotBeNull().Kind.ShouldBe(kind);
        fleet.Observer.Repetitions.ShouldBe(0);
        fleet.First.Control.Counters.TurnsRun("ping").ShouldBeLessThanOrEqualTo(1);
        fleet.Second.Control.Counters.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task An_engine_safe_to_repeat_is_asked_again_as_long_as_nothing_was_seen()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { SafeToRepeat = true });
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Internal }, new Script { Fault = Fault.Empty }, new Script { Fault = Fault.Truncate });
        var running = fleet.SayAsync("tell me a story");
        (await fleet.WaitOutAsync()).Fault.ShouldBe(FaultKind.InternalError);
        (await fleet.WaitOutAsync()).Fault.ShouldBe(FaultKind.EmptyAnswer);
        (await running).Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.CutStream);
        fleet.Observer.Repetitions.ShouldBe(2);
    }

    [Fact]
    public async Task A_session_that_could_not_be_made_is_asked_for_again_whatever_went_wrong()
    {
        await using var fleet = await Fleet.StartAsync(engine: "adk");
        fleet.First.Control.Enqueue(new Script { ClassMethod = "async_create_session", Fault = Fault.Internal });
        var running = fleet.SayAsync("ping");
        (await fleet.WaitOutAsync()).Fault.ShouldBe(FaultKind.InternalError);
        (await running).Fault.ShouldBeNull();
        fleet.First.Control.Counters.TurnsRun("ping").ShouldBe(1);
    }

    [Fact]
    public async Task A_wait_the_engine_asks_for_is_kept()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Quota, RetryDelay = TimeSpan.FromSeconds(4) });
        var running = fleet.SayAsync("ping");
        (await fleet.WaitOutAsync()).After.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4.25));
        (await running).Fault.ShouldBeNull();
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData(7, 7)]
    public async Task A_quota_by_the_minute_is_told_at_once_with_the_time_to_come_again(int? asked, int told)
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Quota, RetryDelay = asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null });
        var fault = (await fleet.SayAsync("ping")).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.QuotaExceeded);
        fault.RetryAfter.ShouldBe(TimeSpan.FromSeconds(told));
        fleet.Observer.Repetitions.ShouldBe(0);
    }

    [Fact]
    public async Task A_quota_of_nothing_is_not_worth_coming_again()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Quota, QuotaLimit = 0 });
        var fault = (await fleet.SayAsync("ping")).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.NoQuota);
        fault.RetryAfter.ShouldBeNull();
        fleet.Observer.Repetitions.ShouldBe(0);
    }

    [Fact]
    public async Task Attempts_and_waits_together_take_no_longer_than_the_turn_may()
    {
        await using var fleet = await Fleet.StartAsync(with: options => options with { TotalTimeout = TimeSpan.FromSeconds(10) });
        fleet.First.Control.Enqueue(new Script { Fault = Fault.ColdContainer, Times = 2 }, new Script { Fault = Fault.Stall, After = 0 });
        var running = fleet.SayAsync("ping");
        await fleet.WaitOutAsync();
        var (second, _) = await fleet.WaitOutAsync();
        second.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(6));
        await fleet.First.Control.WaitForCallAsync(nth: 3);
        fleet.Time.Advance(TimeSpan.FromSeconds(1.1));
        (await running).Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.TotalTimeout);
    }

    [Fact]
    public async Task A_cancelled_wait_ends_at_once_and_sends_nothing_more()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { MaxCalls = 1 });
        fleet.First.Control.Enqueue(new Script { Fault = Fault.ColdContainer });
        using var cancel = new CancellationTokenSource();
        var running = fleet.RunAsync(FakeTurn.Saying("ping"), cancel.Token);
        await fleet.Observer.RepeatingAsync();
        await cancel.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(running)).CancellationToken.ShouldBe(cancel.Token);
        fleet.First.Control.Counters.TurnsRun("ping").ShouldBe(0);

        // Its place at the engine is free.
        (await fleet.SayAsync("next")).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task When_everything_fails_the_repetitions_run_out()
    {
        await using var fleet = await Fleet.StartAsync(options: new ResilienceOptions { RetryReserve = 5, RetryRatio = 0, MinimumThroughput = 1000, BaseDelay = TimeSpan.FromMilliseconds(1) });
        fleet.First.Control.Enqueue(new Script { Fault = Fault.Unavailable, Times = 0 });
        for (var turn = 0; turn < 10; turn++)
        {
            var running = fleet.SayAsync("ping");
            while (!running.IsCompleted)
            {
                // Only the short waits between calls pass, however long the calls themselves take.
                if (!fleet.Time.AdvanceToTimer(within: TimeSpan.FromMilliseconds(10)))
                {
                    await Task.Yield();
                }
            }

            (await running).Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.Unavailable);
        }

        fleet.First.Control.Counters.CallsByVerb[Verb.StreamQuery].ShouldBe(15);
    }
}
