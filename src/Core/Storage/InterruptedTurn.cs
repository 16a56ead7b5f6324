using Sluice.Core.Engines;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>
/// What becomes of a turn whose process has died. It is not run again: what was said is not kept, and the engine may have acted on it.
/// </summary>
internal static class InterruptedTurn
{
    // Where the engine keeps sessions, its own events could tell how the turn went on: an engine that can be asked is to be asked here.
    public static StoredEnd EndOf(StoredTurn turn, DateTimeOffset now)
    {
        var fault = turn.State == TurnState.Queued
            ? new EngineFault(FaultKind.Interrupted, "The gateway stopped before it was this turn's time: the engine was not asked.") { NeverStarted = true }
            : new EngineFault(FaultKind.Interrupted, "The gateway stopped while the turn ran.");
        var end = new TurnEnd { State = fault.LeavesTurnUnknown ? TurnState.Unknown : TurnState.Failed, At = now, Fault = fault };
        return new StoredEnd(end, turn.LastSequence + 1, turn.StartedAt);
    }
}
