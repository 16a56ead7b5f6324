using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>
/// What a session needs of the host it lives in. All notifications but <see cref="TurnEnded"/> come under the
/// session's lock, so that a host sees them in order; they must not call back.
/// </summary>
public interface ISessionOwner
{
    IEngine Engine { get; }

    SessionLimits Limits { get; }

    Pulse Pulse { get; }

    ITurnObserver Observer { get; }

    /// <summary>Where the events of ended turns are kept.</summary>
    LogSlabs Slabs { get; }

    /// <summary>Writes turns down; null: they are in memory only.</summary>
    SessionJournal? Journal { get; }

    /// <summary>How much callers may have; null: as much as they like.</summary>
    CallerLimits? CallerLimits => null;

    /// <summary>No new turns.</summary>
    bool Stopping { get; }

    /// <summary>Turns queued or running in the host.</summary>
    int LiveTurns { get; }

    void TurnAdmitted(Turn turn);

    /// <summary>The turn has its end, and its readers were told.</summary>
    void TurnEnded(Turn turn);

    /// <summary>The turn has ended and is found as this from now on, until it is forgotten.</summary>
    void TurnRemembered(EndedTurn turn);

    /// <summary>The turn is not found any more. One that had not ended when its session was forgotten is a <see cref="Turn"/>.</summary>
    void TurnForgotten(IKnownTurn turn);

    /// <summary>Nothing runs or waits in the session.</summary>
    void SessionIdle(Session session);

    void SessionBusy(Session session);

    /// <summary>The session is another host's now.</summary>
    void SessionLeft(Session session);
}
