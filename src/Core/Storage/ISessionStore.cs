using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>
/// What of sessions outlives the process. A method is one round trip; a turn needs two or three of them and its events one for each batch, never one each. Nothing
/// here assumes that this process is the only one that writes.
/// </summary>
/// <remarks>
/// What a method has returned from is on disk. Calls for one turn are made one after the other; a call that was made before another of the same store takes
/// effect before it. Every method throws <see cref="StorageUnavailableException"/> when the store cannot do it, and has then done nothing that was not asked for.
/// </remarks>
public interface ISessionStore
{
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

    /// <summary>Turns that have no end, the oldest first.</summary>
    ValueTask<IReadOnlyList<StoredTurn>> FindUnfinishedAsync(int turns, CancellationToken cancellationToken);

    /// <summary>Keeps a new turn, and its session if that is new. False: the session has a turn with this key already; nothing was kept.</summary>
    ValueTask<bool> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken);

    /// <summary>Notes that a turn that waited is about to be given to its engine.</summary>
    ValueTask StartAsync(TurnId turn, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Keeps what a running turn has brought since. Of a turn that is not known, or has ended, nothing is kept.</summary>
    ValueTask AppendAsync(TurnProgress progress, CancellationToken cancellationToken);

    /// <summary>Keeps the end of a turn. False: it is not known, or has an end already, which stays.</summary>
    ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken);

    /// <summary>Forgets a session and its turns. False: it is not known.</summary>
    ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken);

    /// <summary>Forgets the turns that have ended and are older, or more, than is to be kept, and the sessions that have none left. Returns how many turns.</summary>
    ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken);
}
