using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>Told of what happens to turns, for logs and metrics. Called on hot paths: must be quick and must not throw.</summary>
public interface ITurnObserver
{
    void Accepted(TurnRequest request, TurnId turn, TurnState state);

    void Refused(TurnRequest request, Refusal refusal);

    /// <param name="turn">The turn as it ended.</param>
    /// <param name="duration">From acceptance to end.</param>
    /// <param name="defect">The exception nobody expected, when <see cref="TurnEnd.Fault"/> is an internal one.</param>
    void Ended(EndedTurn turn, TimeSpan duration, Exception? defect);

    /// <summary>A turn that another process accepted goes on, or waits, here.</summary>
    void TakenOver(Turn turn);

    /// <summary>Background work of the host failed, and is done again.</summary>
    void Defect(Exception defect);

    /// <summary>What is stored of a session is damaged. Told once, until reading it comes to something else; of a hundred sessions at a time at most, for then it is not the session that is damaged.</summary>
    void Damaged(SessionKey session, StorageUnavailableException damage);

    /// <summary>A turn goes on elsewhere, or will: it was handed over, or taken.</summary>
    void Moved(Turn turn);
}
