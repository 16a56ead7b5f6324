using Sluice.Core.Engines;

namespace Sluice.Core.Tests.Engines;

/// <summary>An engine that says of an interrupted turn what a test wants it to know, and like any runs what never started if it may.</summary>
internal sealed class RememberingEngine(Func<EngineFault?> known) : IEngine
{
    public int Asked { get; private set; }

    public int Runs { get; private set; }

    public EngineFault? Failure { get; init; }

    /// <summary>What it is given to look at.</summary>
    public IInterruptedTurn? Seen { get; private set; }

    public static RememberingEngine OfNothing() => new(() => new EngineFault(FaultKind.Interrupted, "never") { NeverStarted = true });

    public static RememberingEngine Undecided() => new(() => new EngineFault(FaultKind.Interrupted, "undecided"));

    public static RememberingEngine HalfWay() => new(() => new EngineFault(FaultKind.Interrupted, "half") { Started = true });

    public static RememberingEngine Finished() => new(() => null);

    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken)
    {
        Runs++;
        return new(Failure is { } fault ? EngineOutcome.Failed(fault) : Answer(turn, "\"run\""u8));
    }

    public ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken)
    {
        Asked++;
        Seen = turn;
        if (known() is not { } fault)
        {
            turn.ContinueExactly();
            return new(Answer(turn, "\"finished\""u8));
        }

        if (!fault.NeverStarted || !turn.IsHeld)
        {
            return new(EngineOutcome.Failed(fault));
        }

        turn.ContinueExactly();
        return RunAsync(turn, cancellationToken);
    }

    private static EngineOutcome Answer(IEngineTurn turn, ReadOnlySpan<byte> text)
    {
        turn.Append(text, text);
        return new EngineOutcome { Answer = AnswerShape.Text, ServedBy = new ServedBy("it", "here") };
    }
}
