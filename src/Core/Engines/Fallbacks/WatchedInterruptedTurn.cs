namespace Sluice.Core.Engines.Fallbacks;

/// <summary>The same for a turn that another process began.</summary>
/// <param name="turn">The turn.</param>
/// <param name="mayRun">False: its engine may be asked what became of it, and not run it. To the engine it is then a turn of somebody else's.</param>
internal sealed class WatchedInterruptedTurn(IInterruptedTurn turn, bool mayRun) : WatchedTurn(turn), IInterruptedTurn
{
    public override bool IsHeld => mayRun && turn.IsHeld;

    public override ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => mayRun ? turn.HoldAsync(cancellationToken) : new(result: false);

    public DateTimeOffset StartedAt => turn.StartedAt;

    public IReadOnlyList<ReadOnlyMemory<byte>> Kept => turn.Kept;

    public bool HasDropped => turn.HasDropped;

    // With nothing kept, what its readers saw may have come from what stood in for the engine.
    public void ContinueExactly()
    {
        if (turn.Kept.Count > 0)
        {
            turn.ContinueExactly();
        }
    }
}
