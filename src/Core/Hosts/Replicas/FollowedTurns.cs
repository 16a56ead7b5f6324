using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts.Replicas;

/// <summary>
/// Turns that run on another node and have readers on this one: a copy of each one's log is filled from the store, however many read it. Their holder wakes this node for
/// each batch; behind that, all are looked at twice a second.
/// </summary>
internal sealed class FollowedTurns : Pulsed, IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly IPeers _peers;
    private readonly ISessionStore _store;
    private readonly LocalSessions _local;
    private readonly Func<SessionKey, CancellationToken, Task> _takeOver;
    private readonly Recurring _looking;
    private readonly Lock _gate = new();
    private readonly Dictionary<TurnId, Followed> _turns = [];
    private readonly HashSet<TurnId> _moved = [];
    private long _nextLook;
    private bool _hasLeft;

    /// <param name="peers">Tells how far turns have come.</param>
    /// <param name="store">Has their events.</param>
    /// <param name="local">For limits and the clock.</param>
    /// <param name="takeOver">Called for the session of a turn that nobody holds.</param>
    public FollowedTurns(IPeers peers, ISessionStore store, LocalSessions local, Func<SessionKey, CancellationToken, Task> takeOver)
    {
        (_peers, _store, _local, _takeOver) = (peers, store, local, takeOver);
        _looking = new Recurring(LookAsync, local.Observer.Defect);
        local.Pulse.Add(this);
    }

    /// <summary>Opens a reader; one whose cursor is beyond what is stored waits for what comes after it. One that comes too late is told that the turn has moved.</summary>
    public ITurnReader Open(StoredTurn turn, long cursor, ReadInterest interest)
    {
        ITurnReader reader;
        lock (_gate)
        {
            if (!_turns.TryGetValue(turn.Turn, out var followed))
            {
                followed = new Followed(turn.Session, new TurnLog(_local.Limits.LogEvents, _local.Limits.LogBytes));
                if (_hasLeft)
                {
                    followed.Log.Move();
                }
                else
                {
                    _turns.Add(turn.Turn, followed);
                }
            }

            reader = followed.Log.Open(turn.Session.Session, turn.Turn, cursor, interest);
            _moved.Add(turn.Turn);
        }

        _looking.Ask();
        return reader;
    }

    /// <summary>A turn has come further.</summary>
    public void Moved(TurnId turn)
    {
        lock (_gate)
        {
            if (!_turns.ContainsKey(turn))
            {
                return;
            }

            _moved.Add(turn);
        }

        _looking.Ask();
    }

    /// <summary>Any may have come further.</summary>
    public void MayHaveMoved()
    {
        Volatile.Write(ref _nextLook, 0);
        _looking.Ask();
    }

    public async ValueTask DisposeAsync()
    {
        _local.Pulse.Remove(this);
        await _looking.DisposeAsync();
        Leave();
    }

    /// <summary>Nothing is followed any more: readers find their turns from another node.</summary>
    public void Leave()
    {
        List<Followed> left;
        lock (_gate)
        {
            _hasLeft = true;
            left = [.. _turns.Values];
            _turns.Clear();
        }

        foreach (var followed in left)
        {
            followed.Log.Move();
        }
    }

    protected internal override void OnPulse(long now)
    {
        if (now < Volatile.Read(ref _nextLook))
        {
            return;
        }

        lock (_gate)
        {
            if (_turns.Count == 0)
            {
                return;
            }
        }

        _looking.Ask();
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var turns = TakeMoved();
        if (turns.Count == 0)
        {
            return;
        }

        try
        {
            var states = await _peers.FollowAsync(turns.Keys, cancellationToken);
            foreach (var state in states)
            {
                if (turns.Remove(state.Turn, out var followed))
                {
                    await CatchUpAsync(followed, state, cancellationToken);
                }
            }

            foreach (var (turn, followed) in turns)
            {
                // Its session was forgotten, which cancels what runs in it.
                var end = new TurnEnd { State = TurnState.Cancelled, At = _local.Pulse.Time.GetUtcNow(), Cancelled = CancelReason.Forgotten };
                End(turn, followed, end, followed.Log.EndSequence());
            }
        }
        catch (StorageUnavailableException)
        {
            // The next look is soon.
        }
    }

    private async Task CatchUpAsync(Followed followed, FollowedTurn state, CancellationToken cancellationToken)
    {
        if (state.LastSequence > followed.Log.LastSequence)
        {
            foreach (var batch in await _store.ReadEventsAsync(state.Turn, followed.Log.LastSequence, cancellationToken))
            {
                if (!followed.Log.TryAppend(batch))
                {
                    throw new StorageUnavailableException(StorageFault.Corrupt, $"The events of turn {state.Turn} from {batch.First} on are damaged.");
                }
            }

            followed.Log.Publish();
        }

        if (state.HasEnded)
        {
            if (await _store.FindTurnAsync(followed.Session.Tenant, state.Turn, cancellationToken) is { End: { } end } turn)
            {
                End(state.Turn, followed, end, turn.LastSequence);
            }
        }
        else if (state.Holder == SessionHolder.Nobody && !_local.Stopping)
        {
            await _takeOver(followed.Session, cancellationToken);
        }
    }

    private void End(TurnId turn, Followed followed, TurnEnd end, long sequence)
    {
        lock (_gate)
        {
            _turns.Remove(turn);
        }

        followed.Log.Complete(end, sequence);
        followed.Log.Publish();
    }

    // All when it is time, else those that are known to have moved; without those that nobody reads any more.
    private Dictionary<TurnId, Followed> TakeMoved()
    {
        lock (_gate)
        {
            foreach (var (turn, followed) in _turns)
            {
                if (!followed.Log.HasReaders)
                {
                    _turns.Remove(turn);
                }
            }

            var now = _local.Pulse.Time.GetTimestamp();
            var isTime = now >= Volatile.Read(ref _nextLook);
            if (isTime)
            {
                Volatile.Write(ref _nextLook, _local.Pulse.After(Period));
            }

            var turns = isTime
                ? new Dictionary<TurnId, Followed>(_turns)
                : _moved.Where(_turns.ContainsKey).ToDictionary(turn => turn, turn => _turns[turn]);
            _moved.Clear();
            return turns;
        }
    }

    private sealed record Followed(SessionKey Session, TurnLog Log);
}
