using System.Collections.Concurrent;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>The sessions and turns in this process's memory, within its bounds.</summary>
internal sealed class LocalSessions : Pulsed, ISessionOwner
{
    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly ConcurrentDictionary<TurnId, IKnownTurn> _turns = new();
    private readonly IdleSessions _idle = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sessionCount;
    private int _liveTurns;
    private volatile bool _stopping;

    public LocalSessions(IEngine engine, SessionLimits limits, Pulse pulse, ITurnObserver observer, SessionJournal? journal, CallerLimits? callerLimits)
    {
        (Engine, Limits, Pulse, Observer, Journal, CallerLimits) = (engine, limits, pulse, observer, journal, callerLimits);
        Slabs = new LogSlabs(limits.RememberedBytes);
        pulse.Add(this);
    }

    public IEngine Engine { get; }

    public SessionLimits Limits { get; }

    public Pulse Pulse { get; }

    public ITurnObserver Observer { get; }

    public SessionJournal? Journal { get; }

    public CallerLimits? CallerLimits { get; }

    public LogSlabs Slabs { get; }

    public bool Stopping => _stopping;

    /// <summary>Turns queued or running.</summary>
    public int LiveTurns => Volatile.Read(ref _liveTurns);

    public int SessionCount => Volatile.Read(ref _sessionCount);

    public IEnumerable<Session> All => _sessions.Values;

    /// <summary>A turn of the tenant's that is here and may be told of.</summary>
    public IKnownTurn? Find(TenantId tenant, TurnId id) => Find(tenant, id, out _);

    /// <inheritdoc cref="Find(TenantId, TurnId)"/>
    /// <param name="tenant">Whose.</param>
    /// <param name="id">Which.</param>
    /// <param name="isHidden">It is here and must not be told of: another tenant's, or one that is just being stored. It must not be taken for one that a dead process left.</param>
    public IKnownTurn? Find(TenantId tenant, TurnId id, out bool isHidden)
    {
        var isHere = _turns.TryGetValue(id, out var turn);
        isHidden = isHere && (turn!.Owner.Key.Tenant != tenant || turn is Turn { IsAccepted: false });
        return isHidden ? null : turn;
    }

    public Session? Find(SessionKey key) => _sessions.GetValueOrDefault(key);

    /// <summary>A turn that waits or runs here, whoever's it is.</summary>
    public Turn? FindLive(TurnId id) => _turns.GetValueOrDefault(id) as Turn;

    /// <summary>Also true of one that is just being stored, and of another tenant's.</summary>
    public bool IsHere(TurnId id) => _turns.ContainsKey(id);

    /// <summary>The session of that name, made if there is none; null when there are as many as may be, all of them busy.</summary>
    public Session? Enter(SessionKey key, Func<Session> make)
    {
        if (_sessions.TryGetValue(key, out var session))
        {
            return session;
        }

        while (SessionCount >= Limits.Sessions)
        {
            if (_idle.Oldest() is not { } oldest)
            {
                return null;
            }

            ForgetIdle(oldest);
        }

        return Add(key, make());
    }

    /// <summary>A session that was taken over, which goes on here whatever the bound.</summary>
    public Session Enter(SessionKey key, Session taken)
    {
        var entered = Add(key, taken);
        if (ReferenceEquals(entered, taken))
        {
            taken.GoOn();
        }

        return entered;
    }

    public Admission Refuse(TurnRequest request, Refusal refusal)
    {
        Observer.Refused(request, refusal);
        return Admission.Refused(refusal);
    }

    /// <param name="key">Which session.</param>
    /// <param name="forgotten">Called when no turn can be accepted in it any more.</param>
    /// <returns>Whether it was here, and what is done when the last of its turns has ended.</returns>
    public (bool WasHere, Task Ended) Forget(SessionKey key, Action? forgotten = null)
    {
        if (!_sessions.TryGetValue(key, out var found))
        {
            return (false, Task.CompletedTask);
        }

        var ended = found.ForgetAsync(forgotten);
        return (Remove(found), ended);
    }

    public bool Remove(Session session)
    {
        if (!_sessions.TryRemove(new KeyValuePair<SessionKey, Session>(session.Key, session)))
        {
            return false;
        }

        Interlocked.Decrement(ref _sessionCount);
        return true;
    }

    /// <summary>Takes no new turns and waits for those that run. False: <paramref name="deadline"/> came first.</summary>
    public async Task<bool> StopAsync(CancellationToken deadline)
    {
        _stopping = true;
        if (LiveTurns == 0)
        {
            _drained.TrySetResult();
        }

        try
        {
            await _drained.Task.WaitAsync(deadline);
            return true;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Cancels what runs and waits for the end of it.</summary>
    public async Task CancelAllAsync()
    {
        foreach (var turn in _turns.Values.OfType<Turn>())
        {
            turn.Owner.Cancel(turn, CancelReason.Stopping);
        }

        await _drained.Task;
    }

    /// <summary>Forgets what was idle too long, or is too much.</summary>
    protected internal override void OnPulse(long now)
    {
        var idleSince = Pulse.Time.GetUtcNow() - Limits.IdleTimeout;
        while (_idle.Oldest() is { } oldest && (oldest.LastActivityAt <= idleSince || Slabs.Bytes > Limits.RememberedBytes))
        {
            ForgetIdle(oldest);
        }
    }

    void ISessionOwner.TurnAdmitted(Turn turn)
    {
        _turns[turn.Id] = turn;
        Interlocked.Increment(ref _liveTurns);
    }

    void ISessionOwner.TurnEnded(Turn turn)
    {
        if (Interlocked.Decrement(ref _liveTurns) == 0 && _stopping)
        {
            _drained.TrySetResult();
        }
    }

    void ISessionOwner.TurnRemembered(EndedTurn turn) => _turns[turn.Id] = turn;

    void ISessionOwner.TurnForgotten(IKnownTurn turn) => _turns.TryRemove(new KeyValuePair<TurnId, IKnownTurn>(turn.Id, turn));

    void ISessionOwner.SessionIdle(Session session) => _idle.Add(session);

    void ISessionOwner.SessionBusy(Session session) => _idle.Remove(session);

    void ISessionOwner.SessionLeft(Session session) => Remove(session);

    private Session Add(SessionKey key, Session session)
    {
        var entered = _sessions.GetOrAdd(key, session);
        if (ReferenceEquals(entered, session))
        {
            Interlocked.Increment(ref _sessionCount);
        }

        return entered;
    }

    private void ForgetIdle(Session session)
    {
        if (session.TryForgetIdle())
        {
            Remove(session);
        }
        else
        {
            // It became busy in between, and says so itself when it is idle again.
            _idle.Remove(session);
        }
    }
}
