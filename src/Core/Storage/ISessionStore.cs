using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>
/// What of sessions outlives the process. A method is one round trip; a turn needs two or three of them and its events one for each batch, never one each.
/// </summary>
/// <remarks>
/// <para>What a method has returned from is on disk. Calls for one turn are made one after the other; a call for a session that was made before another for the same session, of
/// the same store, takes effect before it. Every method throws <see cref="StorageUnavailableException"/> when the store cannot do it; whether it was done is then not known, and
/// it can be asked for again.</para>
/// <para>A session with turns that have no end is held by one process, under an epoch, a number that grows with every change of hands: it is held from the acceptance of a turn
/// until the end of the last one, or until it is released, or is taken over from a process that is gone. What a process writes under an epoch that has passed is
/// not kept. Where only one process can use the store, it holds everything.</para>
/// </remarks>
public interface ISessionStore
{
    /// <summary>
    /// Number of the time for which this process has been seen by the others without a break; 0: it is not seen now, and another may take over what it holds. Certain for a
    /// moment only. What was held at one such time is held at the next only if a change under its epoch is still kept.
    /// </summary>
    long HoldingSince { get; }

    /// <summary>This process is seen by the others.</summary>
    bool IsHolding => HoldingSince != 0;

    /// <summary>The session with its newest turns; null when it is not known.</summary>
    /// <param name="session">Which.</param>
    /// <param name="turns">How many turns at most.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<StoredSession?> FindSessionAsync(SessionKey session, int turns, CancellationToken cancellationToken);

    ValueTask<StoredTurn?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken);

    /// <summary>The turn that a caller's key belongs to in a session.</summary>
    ValueTask<StoredTurn?> FindTurnAsync(SessionKey session, string subject, string key, CancellationToken cancellationToken);

    /// <summary>The batches that hold events behind <paramref name="after"/>, in order. There are none of a turn that is not known.</summary>
    ValueTask<IReadOnlyList<StoredEvents>> ReadEventsAsync(TurnId turn, long after, CancellationToken cancellationToken);

    /// <summary>Sessions with turns that have no end, and nobody who holds them.</summary>
    ValueTask<IReadOnlyList<SessionKey>> FindAbandonedAsync(int sessions, CancellationToken cancellationToken);

    /// <summary>
    /// Takes over a session and its turns that have no end. Null: it is held by another, or has changed hands since it was seen with <paramref name="epoch"/>, or is not known.
    /// </summary>
    ValueTask<TakenSession?> TakeAsync(SessionKey session, long epoch, CancellationToken cancellationToken);

    /// <summary>Keeps a new turn, and its session if that is new.</summary>
    ValueTask<Acceptance> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken);

    /// <summary>Notes that a turn that waited is about to be given to its engine. False: it has an end, or is not held under this epoch any more.</summary>
    ValueTask<bool> StartAsync(HeldTurn turn, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Keeps what a running turn has brought since. False, and nothing is kept: it is not known, or has an end, or is not held under this epoch any more.</summary>
    ValueTask<bool> AppendAsync(TurnProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps the end of a turn; the last one's is also the end of its session's being held. Of what was said nothing is kept any more. False, and nothing is kept: the turn is
    /// not known, or has another end, or is not held under this epoch any more. The very same end again is true: it is what one asks who has lost the answer.
    /// </summary>
    ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken);

    /// <summary>Holds the session no more, if it still does; its turns that have no end are for another.</summary>
    ValueTask ReleaseAsync(SessionKey session, long epoch, CancellationToken cancellationToken);

    /// <summary>Forgets a session and its turns. False: it is not known.</summary>
    ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken);

    /// <summary>Forgets the turns that have ended and are older, or more, than is to be kept, and the sessions that have none left. Returns how many turns.</summary>
    ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken);
}
