using Sluice.Core.Callers;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>
/// Where sessions live. The front end cannot tell which host it talks to; every host passes the same contract suite. A turn is only found by its own tenant:
/// for another it does not exist.
/// </summary>
public interface ISessionHost : IAsyncDisposable
{
    /// <summary>Turns queued or running in this process.</summary>
    int LiveTurns { get; }

    /// <summary>Sessions in this process's memory.</summary>
    int SessionCount { get; }

    /// <summary>Bytes of events of ended turns in this process's memory.</summary>
    long RememberedBytes { get; }

    /// <summary>Hands a request to its session, which starts it, queues it, attaches it to the turn with its key, or refuses it.</summary>
    ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken);

    /// <summary>Opens a reader behind <paramref name="cursor"/>; null when the turn is not known, or has not come so far.</summary>
    ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken);

    ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken);

    ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken);

    /// <summary>Cancels a queued or running turn and returns it; an ended one is returned as it is. Null when the turn is not known.</summary>
    ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken);

    /// <summary>Cancels what runs in the session and forgets it. False when the session is not known.</summary>
    ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken);

    /// <summary>
    /// Takes no new turns, from the moment of the call, and waits for those that run. When <paramref name="deadline"/> comes first, the rest are handed over to
    /// whoever goes on with them, or cancelled where nobody can.
    /// </summary>
    Task DrainAsync(CancellationToken deadline);
}
