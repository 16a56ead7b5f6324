using System.Collections.Concurrent;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.TestKit;

/// <summary>Keeps what it was told.</summary>
public sealed class RecordingObserver : ITurnObserver
{
    private readonly SemaphoreSlim _told = new(0);

    public ConcurrentQueue<(TurnId Turn, TurnState State)> AcceptedTurns { get; } = new();

    public ConcurrentQueue<Refusal> Refusals { get; } = new();

    public ConcurrentQueue<TurnSnapshot> EndedTurns { get; } = new();

    public ConcurrentQueue<Exception> Defects { get; } = new();

    public ConcurrentQueue<SessionKey> DamagedSessions { get; } = new();

    public ConcurrentQueue<TurnId> TakenOverTurns { get; } = new();

    public ConcurrentQueue<TurnId> MovedTurns { get; } = new();

    public void Accepted(TurnRequest request, TurnId turn, TurnState state) => AcceptedTurns.Enqueue((turn, state));

    public void Refused(TurnRequest request, Refusal refusal) => Refusals.Enqueue(refusal);

    public void Ended(EndedTurn turn, TimeSpan duration, Exception? defect)
    {
        EndedTurns.Enqueue(turn.Snapshot());
        if (defect is not null)
        {
            Defects.Enqueue(defect);
        }
    }

    public void TakenOver(Turn turn) => TakenOverTurns.Enqueue(turn.Id);

    public void Defect(Exception defect)
    {
        Defects.Enqueue(defect);
        _told.Release();
    }

    /// <summary>Returns when so many defects have been told of that no earlier call has waited for.</summary>
    /// <exception cref="TimeoutException">They were not, within that time.</exception>
    public async Task DefectsAsync(int count, TimeSpan within)
    {
        for (; count > 0; count--)
        {
            if (!await _told.WaitAsync(within))
            {
                throw new TimeoutException($"{count} defects are missing.");
            }
        }
    }

    public void Damaged(SessionKey session, StorageUnavailableException damage) => DamagedSessions.Enqueue(session);

    public void Moved(Turn turn) => MovedTurns.Enqueue(turn.Id);
}
