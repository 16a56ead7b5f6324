using Sluice.Core.Engines;
using static Sluice.Core.Tests.Engines.Known;

namespace Sluice.Core.Tests.Engines.Fallbacks;

public sealed class ResumeTests
{
    [Fact]
    public async Task The_engine_that_was_named_finishes_the_turn()
    {
        var (first, second) = (RememberingEngine.Finished(), RememberingEngine.Finished());
        await using var directory = new EngineDirectory([Named("default", first), new NamedEngine("other", second) { Aliases = ["also"] }]);

        (await ResumeAsync(directory, FakeInterruptedTurn.Saying("x"))).Fault.ShouldBeNull();
        (first.Asked, second.Asked).ShouldBe((1, 0));

        (await ResumeAsync(directory, FakeInterruptedTurn.Saying("x", "also"))).Fault.ShouldBeNull();
        (first.Asked, second.Asked).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_turn_of_an_engine_that_is_gone_is_unknown_and_not_failed()
    {
        await using var directory = new EngineDirectory([Named("default", RememberingEngine.Finished())]);

        var fault = (await ResumeAsync(directory, FakeInterruptedTurn.Saying("x", "gone"))).Fault.ShouldNotBeNull();

        fault.Kind.ShouldBe(FaultKind.Interrupted);
        fault.LeavesTurnUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task An_engine_that_cannot_be_asked_leaves_the_turn_unknown()
    {
        var engine = Saying("hi");
        await using var directory = new EngineDirectory([Named("default", new ForgetfulEngine(engine), Sorry)]);
        var turn = FakeInterruptedTurn.Saying("x");

        (await ResumeAsync(directory, turn)).Fault.ShouldNotBeNull().LeavesTurnUnknown.ShouldBeTrue();

        engine.Calls.ShouldBe(0);
        turn.Raw.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_text_stands_in_only_when_the_turn_certainly_has_not_begun()
    {
        var unreachable = new EngineFault(FaultKind.Unreachable, "gone");
        var turn = FakeInterruptedTurn.Saying("x");
        await using var never = new EngineDirectory([Named("default", new RememberingEngine(() => Never) { Failure = unreachable }, Sorry)]);
        (await ResumeAsync(never, turn)).ServedBy!.Fallback.ShouldBe("text");
        turn.Raw.Count.ShouldBe(1);
        turn.IsExact.ShouldBeFalse("what stood in before may have been seen");

        foreach (var engine in new[] { RememberingEngine.Undecided(), RememberingEngine.HalfWay() })
        {
            turn = FakeInterruptedTurn.Saying("x");
            await using var directory = new EngineDirectory([Named("default", engine, Sorry)]);
            (await ResumeAsync(directory, turn)).Fault.ShouldNotBeNull().LeavesTurnUnknown.ShouldBeTrue();
            turn.Raw.ShouldBeEmpty();
        }

        foreach (var seen in new[] { FakeInterruptedTurn.Saying("x", null, "{}"), new FakeInterruptedTurn(FakeTurn.Saying("x")) { HasDropped = true } })
        {
            (await ResumeAsync(never, seen)).Fault.ShouldBe(unreachable);
            seen.Raw.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Nothing_stands_in_for_a_turn_that_is_not_held()
    {
        await using var directory = new EngineDirectory([Named("default", RememberingEngine.OfNothing(), Sorry)]);
        var turn = FakeInterruptedTurn.Saying("x");
        turn.IsHeld = false;
        (await ResumeAsync(directory, turn)).Fault.ShouldNotBeNull().NeverStarted.ShouldBeTrue();
        turn.Raw.ShouldBeEmpty();

        var other = Saying("hi");
        await using var failing = new EngineDirectory([Named("default", Failing(), To("other"), Sorry), Named("other", other)]);
        var running = FakeTurn.Saying("x");
        running.IsHeld = false;
        (await failing.RunAsync(running)).Fault.ShouldNotBeNull();
        running.Raw.ShouldBeEmpty();
        other.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Exactness_and_what_is_kept_pass_through()
    {
        var engine = RememberingEngine.Finished();
        await using var directory = new EngineDirectory([Named("default", engine, Sorry)]);
        var turn = FakeInterruptedTurn.Saying("x", null, "{}");

        (await ResumeAsync(directory, turn)).Fault.ShouldBeNull();

        turn.IsExact.ShouldBeTrue();
        (engine.Seen!.Kept.Count, engine.Seen.HasDropped, engine.Seen.StartedAt, engine.Seen.Id).ShouldBe((1, false, turn.StartedAt, turn.Id));
    }

    [Fact]
    public async Task The_engine_that_stood_in_is_asked_as_well_and_marked()
    {
        var (first, other) = (RememberingEngine.OfNothing(), RememberingEngine.Finished());
        await using var directory = new EngineDirectory([Named("default", first, To("other")), Named("other", other)]);
        var turn = FakeInterruptedTurn.Saying("x");

        var outcome = await ResumeAsync(directory, turn);

        outcome.ServedBy!.Fallback.ShouldBe("engine=other");
        turn.Texts.ShouldBe(["\"finished\""]);
        (first.Runs, other.Runs).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_turn_that_none_of_them_has_is_run_by_the_first()
    {
        var (first, other) = (RememberingEngine.OfNothing(), RememberingEngine.OfNothing());
        await using var directory = new EngineDirectory([Named("default", first, To("other")), Named("other", other)]);

        (await ResumeAsync(directory, FakeInterruptedTurn.Saying("x"))).Fault.ShouldBeNull();

        (first.Runs, other.Runs).ShouldBe((1, 0));
    }

    [Fact]
    public async Task A_turn_that_one_of_them_may_have_is_run_by_none()
    {
        foreach (var (one, another, said) in new[]
        {
            (RememberingEngine.OfNothing(), RememberingEngine.Undecided(), "undecided"),
            (RememberingEngine.Undecided(), RememberingEngine.OfNothing(), "undecided"),
            (RememberingEngine.Undecided(), RememberingEngine.HalfWay(), "half"),
            (RememberingEngine.HalfWay(), RememberingEngine.Undecided(), "half"),
        })
        {
            await using var directory = new EngineDirectory([Named("default", one, To("other"), Sorry), Named("other", another)]);
            var turn = FakeInterruptedTurn.Saying("x");

            var fault = (await ResumeAsync(directory, turn)).Fault.ShouldNotBeNull();

            fault.Message.ShouldBe(said);
            fault.LeavesTurnUnknown.ShouldBeTrue();
            (one.Runs, another.Runs, turn.Raw.Count).ShouldBe((0, 0, 0));
        }
    }

    private static EngineFault Never => new(FaultKind.Interrupted, "never") { NeverStarted = true };

    private static ValueTask<EngineOutcome> ResumeAsync(EngineDirectory directory, FakeInterruptedTurn turn) => directory.ResumeAsync(turn, CancellationToken.None);

    /// <summary>Keeps nothing of a turn.</summary>
    private sealed class ForgetfulEngine(IEngine engine) : IEngine
    {
        public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => engine.RunAsync(turn, cancellationToken);
    }
}
