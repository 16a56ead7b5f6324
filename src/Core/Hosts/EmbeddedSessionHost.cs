using System.Collections.Concurrent;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>Sessions in this process; with a store behind it memory is a cache of those that were used last.</summary>
public sealed class EmbeddedSessionHost : Pulsed, ISessionHost, ISessionOwner, IAsyncDisposable
{
    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly ConcurrentDictionary<TurnId, IKnownTurn> _turns = new();
    private readonly SessionLoading? _loading;
    private readonly IdleSessions _idle = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sessionCount;
    private int _liveTurns;
    private volatile bool _stopping;

    /// <param name="engine">Runs the turns.</param>
    /// <param name="limits">Bounds of what is in memory.</param>
    /// <param name="pulse">The clock.</param>
    /// <param name="observer">Told of every turn.</param>
    /// <param name="journal">Writes turns down; null: a restart forgets them.</param>
    public EmbeddedSessionHost(IEngine engine, SessionLimits limits, Pulse pulse, ITurnObserver observer, SessionJournal? journal = null)
    {
        Journal = journal;
        _loading = journal is null ? null : new SessionLoading(journal.Store, (key, stored) => TryGetOrCreate(key, out var session, stored) ? session : null);
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

    public SessionJournal? Journal { get; }

    public bool Stopping => _stopping;

    /// <summary>Turns queued or running.</summary>
    public int LiveTurns => Volatile.Read(ref _liveTurns);

    public int SessionCount => Volatile.Read(ref _sessionCount);

    public LogSlabs Slabs { get; }

    public long RememberedBytes => Slabs.Bytes;

    public ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken) =>
        Journal is null ? new ValueTask<Admission>(Start(request, interest)) : StartWrittenAsync(Journal, request, interest, cancellationToken);

    private Admission Start(TurnRequest request, ReadInterest interest)
    {
        var key = new SessionKey(request.Caller.Tenant, request.Session);
        while (true)
        {
            if (!TryGetOrCreate(key, out var session))
            {
                return Refuse(request, Refusal.TooManySessions);
            }

            if (session.TryAdmit(request, interest, out var admission))
            {
                return admission;
            }

            Remove(session);
        }
    }

    public async ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (Find(tenant, cursor.Turn) is { } turn)
        {
            return cursor.Sequence <= turn.LastSequence ? turn.Open(cursor.Sequence, interest) : null;
        }

        return await FindStoredAsync(tenant, cursor.Turn, cancellationToken) is { } stored && cursor.Sequence <= stored.LastSequence
            ? await Journal!.OpenAsync(stored, cursor.Sequence, interest, cancellationToken)
            : null;
    }

    public async ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
        Find(tenant, turn) is { } found ? found.Owner.SnapshotOf(found) : (await FindStoredAsync(tenant, turn, cancellationToken))?.Snapshot();

    public async ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken)
    {
        var stored = Journal is null ? null : await Journal.Store.FindSessionAsync(session, Limits.RememberedTurns, cancellationToken);
        var found = _sessions.TryGetValue(session, out var live) ? live.Snapshot() : null;
        if (stored is null || _loading!.IsForgetting(session))
        {
            // One whose first turn is not stored yet does not exist yet.
            return Journal is not null && found is { Turns: [] } ? null : found;
        }

        var known = found?.Turns ?? [];
        var others = new List<TurnSnapshot>();
        foreach (var turn in stored.Turns.Where(turn => !known.Any(mine => mine.Turn == turn.Turn)))
        {
            if (turn.End is not null || !_turns.ContainsKey(turn.Turn))
            {
                others.Add((await Journal!.SettleAsync(turn, cancellationToken) ?? turn).Snapshot());
            }
        }

        return new SessionSnapshot
        {
            Session = session.Session,
            UserId = found?.UserId ?? stored.UserId,
            EngineSessions = found?.EngineSessions ?? stored.EngineSessions,
            CreatedAt = stored.CreatedAt,
            LastActivityAt = found?.LastActivityAt ?? stored.LastActivityAt,
            Turns = [.. others.Concat(known).TakeLast(Math.Max(known.Count, Limits.RememberedTurns))],
        };
    }

    public async ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        if (Find(tenant, turn) is not { } found)
        {
            return await FindTurnAsync(tenant, turn, cancellationToken);
        }

        if (found is Turn live)
        {
            live.Owner.Cancel(live, CancelReason.Requested);
            await live.Cancelled.WaitAsync(cancellationToken);
        }

        return found.Owner.SnapshotOf(found);
    }

    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) =>
        _loading is null ? new ValueTask<bool>(Forget(session)) : _loading.ForgetAsync(session, Forget, cancellationToken);

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

    private IKnownTurn? Find(TenantId tenant, TurnId id) =>
        _turns.TryGetValue(id, out var turn) && turn.Owner.Key.Tenant == tenant && turn is not Turn { IsAccepted: false } ? turn : null;

    // One that is in memory and was not found there is another tenant's, or is just being stored: it must not be taken for one that a dead process left.
    private async ValueTask<StoredTurn?> FindStoredAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
        Journal is null || _turns.ContainsKey(turn) ? null : await Journal.FindAsync(tenant, turn, cancellationToken);

    private Admission Refuse(TurnRequest request, Refusal refusal)
    {
        Observer.Refused(request, refusal);
        return Admission.Refused(refusal);
    }

    private async ValueTask<Admission> StartWrittenAsync(SessionJournal journal, TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await EarlierAsync(journal, request, interest, cancellationToken) is { } earlier)
                {
                    return earlier;
                }

                var key = new SessionKey(request.Caller.Tenant, request.Session);
                if (!_sessions.TryGetValue(key, out var session) && (session = await _loading!.LoadAsync(key, cancellationToken)) is null)
                {
                    return Refuse(request, Refusal.TooManySessions);
                }

                if (!session.TryAdmit(request, interest, out var admission))
                {
                    Remove(session);
                }
                else if (admission.Pending is not { Journal: { } pending } turn || await WasStoredAsync(session, turn, pending, admission))
                {
                    return admission;
                }
            }
        }
        catch (StorageUnavailableException)
        {
            return Refuse(request, Refusal.StorageUnavailable);
        }
    }

    // A turn that is in memory is found by its session. One that was is found here: its key is kept as long as it is.
    private async ValueTask<Admission?> EarlierAsync(SessionJournal journal, TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey is not { } key)
        {
            return null;
        }

        var session = new SessionKey(request.Caller.Tenant, request.Session);
        await _loading!.WaitUntilForgottenAsync(session, cancellationToken);
        if (await journal.Store.FindTurnAsync(session, request.Caller.Subject, key, cancellationToken) is not { } found || _turns.ContainsKey(found.Turn)
            || await journal.SettleAsync(found, cancellationToken) is not { } turn)
        {
            return null;
        }

        return string.Equals(turn.Key?.Fingerprint, request.Fingerprint, StringComparison.Ordinal)
            ? Admission.Granted(await journal.OpenAsync(turn, cursor: 0, interest, cancellationToken), attached: true)
            : Refuse(request, Refusal.KeyReused);
    }

    // False: an earlier turn has this key. It is waited for whatever becomes of the caller: a turn that nobody takes back would stand in its session's way.
    private static async ValueTask<bool> WasStoredAsync(Session session, Turn turn, TurnJournal journal, Admission admission)
    {
        var accepted = false;
        try
        {
            accepted = await journal.Accepted;
            return accepted;
        }
        finally
        {
            if (!accepted)
            {
                await admission.Reader!.DisposeAsync();
                if (!admission.Attached)
                {
                    session.Withdraw(turn);
                }
            }
        }
    }

    private bool Forget(SessionKey key, Action? forgotten = null)
    {
        if (!_sessions.TryGetValue(key, out var found))
        {
            return false;
        }

        found.Forget(forgotten);
        return Remove(found);
    }

    private bool TryGetOrCreate(SessionKey key, out Session session, StoredSession? stored = null)
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

        var created = stored is null ? new Session(key, this) : new Session(key, this, stored);
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
