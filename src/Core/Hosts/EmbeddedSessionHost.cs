using System.Collections.Concurrent;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>Sessions in this process.</summary>
public sealed class EmbeddedSessionHost : Pulsed, ISessionHost, ISessionOwner, IAsyncDisposable
{
    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly ConcurrentDictionary<TurnId, IKnownTurn> _turns = new();
    private readonly IdleSessions _idle = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sessionCount;
    private int _liveTurns;
    private volatile bool _stopping;

    public EmbeddedSessionHost(IEngine engine, SessionLimits limits, Pulse pulse, ITurnObserver observer)
    {
        Engine = engine;
        Limits = limits;
        Pulse = pulse;
        Observer = observer;
        Slabs = new LogSlabs(limits.RememberedBytes);
        pulse.Add(this);
    }

    public IEngine Engine { get; }

    public SessionLimits Limits { get; }

    public Pulse Pulse { get; }

    public ITurnObserver Observer { get; }

    public bool Stopping => _stopping;

    /// <summary>Turns queued or running.</summary>
    public int LiveTurns => Volatile.Read(ref _liveTurns);

    public int SessionCount => Volatile.Read(ref _sessionCount);

    public LogSlabs Slabs { get; }

    public long RememberedBytes => Slabs.Bytes;

    public ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        var key = new SessionKey(request.Caller.Tenant, request.Session);
        while (true)
        {
            if (!TryGetOrCreate(key, out var session))
            {
                Observer.Refused(request, Refusal.TooManySessions);
                return new ValueTask<Admission>(Admission.Refused(Refusal.TooManySessions));
            }

            if (session.TryAdmit(request, interest, out var admission))
            {
                return new ValueTask<Admission>(admission);
            }

            Remove(session);
        }
    }

    public ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken) =>
        new(Find(tenant, cursor.Turn) is { } turn && cursor.Sequence <= turn.LastSequence ? turn.Open(cursor.Sequence, interest) : null);

    public ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
        new(Find(tenant, turn) is { } found ? found.Owner.SnapshotOf(found) : null);

    public ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken) =>
        new(_sessions.TryGetValue(session, out var found) ? found.Snapshot() : null);

    public ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        if (Find(tenant, turn) is not { } found)
        {
            return new ValueTask<TurnSnapshot?>((TurnSnapshot?)null);
        }

        if (found is Turn live)
        {
            live.Owner.Cancel(live, CancelReason.Requested);
        }

        return new ValueTask<TurnSnapshot?>(found.Owner.SnapshotOf(found));
    }

    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken)
    {
        if (!_sessions.TryGetValue(session, out var found))
        {
            return new ValueTask<bool>(false);
        }

        found.Forget();
        return new ValueTask<bool>(Remove(found));
    }

    /// <summary>
    /// Takes no new turns and waits for those that run. When <paramref name="deadline"/> comes first, cancels the rest and waits for their end.
    /// </summary>
    public async Task DrainAsync(CancellationToken deadline)
    {
        _stopping = true;
        if (LiveTurns == 0)
        {
            _drained.TrySetResult();
        }

        try
        {
            await _drained.Task.WaitAsync(deadline);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            foreach (var turn in _turns.Values.OfType<Turn>())
            {
                turn.Owner.Cancel(turn, CancelReason.Stopping);
            }

            await _drained.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DrainAsync(new CancellationToken(canceled: true));
        Pulse.Remove(this);
    }

    /// <summary>Forgets what was idle too long, or is too much.</summary>
    protected internal override void OnPulse(long now)
    {
        var idleSince = Pulse.Time.GetUtcNow() - Limits.IdleTimeout;
        while (_idle.Oldest() is { } oldest && (oldest.LastActivityAt <= idleSince || RememberedBytes > Limits.RememberedBytes))
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

    void ISessionOwner.TurnForgotten(IKnownTurn turn) => _turns.TryRemove(turn.Id, out _);

    void ISessionOwner.SessionIdle(Session session) => _idle.Add(session);

    void ISessionOwner.SessionBusy(Session session) => _idle.Remove(session);

    private IKnownTurn? Find(TenantId tenant, TurnId id) => _turns.TryGetValue(id, out var turn) && turn.Owner.Key.Tenant == tenant ? turn : null;

    private bool TryGetOrCreate(SessionKey key, out Session session)
    {
        if (_sessions.TryGetValue(key, out session!))
        {
            return true;
        }

        while (SessionCount >= Limits.Sessions)
        {
            if (_idle.Oldest() is not { } oldest)
            {
                return false;
            }

            ForgetIdle(oldest);
        }

        var created = new Session(key, this);
        session = _sessions.GetOrAdd(key, created);
        if (ReferenceEquals(session, created))
        {
            Interlocked.Increment(ref _sessionCount);
        }

        return true;
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

    private bool Remove(Session session)
    {
        if (!_sessions.TryRemove(new KeyValuePair<SessionKey, Session>(session.Key, session)))
        {
            return false;
        }

        Interlocked.Decrement(ref _sessionCount);
        return true;
    }
}
