using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>
/// A conversation: its turns, one at a time and in order. The same code in every host; a host only says where it lives.
/// </summary>
/// <remarks>
/// Every decision is made under one short lock that is never held over an await, and takes effect outside it: starting a turn runs the engine's client, and
/// ending one runs the readers, on the calling thread.
/// </remarks>
public sealed class Session
{
    private readonly ISessionOwner _owner;
    private readonly Lock _gate = new();
    private EndedTurn? _oldestEnded;
    private EndedTurn? _newestEnded;
    private int _endedCount;
    private EngineSession[] _engineSessions = [];
    private List<Turn>? _queue;
    private Turn? _running;
    private int _endedBytes;
    private bool _forgotten;

    public Session(SessionKey key, ISessionOwner owner)
    {
        Key = key;
        _owner = owner;
        CreatedAt = LastActivityAt = Time.GetUtcNow();
    }

    /// <summary>A session that is kept in a store and was not in memory.</summary>
    internal Session(SessionKey key, ISessionOwner owner, StoredSession stored)
        : this(key, owner)
    {
        (UserId, CreatedAt, LastActivityAt) = (stored.UserId, stored.CreatedAt, stored.LastActivityAt);
        _engineSessions = [.. stored.EngineSessions];
    }

    public SessionKey Key { get; }

    public DateTimeOffset CreatedAt { get; }

    /// <summary>When a request last came or a turn last ended.</summary>
    public DateTimeOffset LastActivityAt { get; private set; }

    /// <summary>The engine's name for the person speaking; set by the first turn.</summary>
    public string? UserId { get; private set; }

    // The host's list of idle sessions, under its lock.
    internal Session? MoreIdle { get; set; }

    internal Session? LessIdle { get; set; }

    internal bool ListedAsIdle { get; set; }

    internal SessionLimits Limits => _owner.Limits;

    internal TimeProvider Time => _owner.Pulse.Time;

    internal IEngine Engine => _owner.Engine;

    internal ITurnObserver Observer => _owner.Observer;

    /// <summary>Never changed, only replaced.</summary>
    internal EngineSession[] EngineSessions => Volatile.Read(ref _engineSessions);

    private int Queued => _queue?.Count ?? 0;

    /// <summary>False when the session was forgotten in between: the request belongs to a new one.</summary>
    public bool TryAdmit(TurnRequest request, ReadInterest interest, out Admission admission)
    {
        IKnownTurn? turn;
        Turn? started = null;
        Turn? interrupted = null;
        AdmissionDecision decision;
        Refusal refusal;
        lock (_gate)
        {
            if (_forgotten)
            {
                admission = default;
                return false;
            }

            var known = FindByKey(request, out var match);
            var view = new SessionView(_running is not null, Queued, UserId, match, _owner.Stopping);
            decision = AdmissionRules.Decide(view, request, Limits, out refusal);
            turn = null;
            switch (decision)
            {
                case AdmissionDecision.Attach:
                    turn = known;
                    break;
                case AdmissionDecision.Start:
                    turn = started = _running = Accept(request, TurnState.Running);
                    break;
                case AdmissionDecision.Queue:
                    turn = AcceptToWait(request, at: Queued);
                    break;
                case AdmissionDecision.Interrupt:
                    turn = AcceptToWait(request, at: 0);
                    interrupted = _running;
                    break;
            }

            if (_running is null)
            {
                // New, and refused at once; or attached to, and so not the one idle longest any more.
                _owner.SessionBusy(this);
                _owner.SessionIdle(this);
            }

            // Before the turn can run: a reader that opened it sees it from its first event, and it is not alone.
            admission = turn is null
                ? Admission.Refused(refusal)
                : Admission.Granted(turn.Open(cursor: 0, interest), attached: decision == AdmissionDecision.Attach, turn is Turn { IsAccepted: false } pending ? pending : null);
            if (decision is not (AdmissionDecision.Refuse or AdmissionDecision.Attach))
            {
                // Not before it has a reader: a turn that nobody reads is cancelled, and without a grace period at the next pulse.
                _owner.Pulse.Add((Turn)turn!);
            }
        }

        if (turn is null)
        {
            _owner.Observer.Refused(request, refusal);
            return true;
        }

        started?.Start();
        if (interrupted is not null)
        {
            Cancel(interrupted, CancelReason.Interrupted);
        }

        return true;
    }

    /// <summary>Cancels a turn that has not ended; an ended one stays as it is.</summary>
    public void Cancel(Turn turn, CancelReason reason)
    {
        lock (_gate)
        {
            if (turn.State > TurnState.Running || !turn.NoteCancelled(reason))
            {
                return;
            }

            if (turn.State == TurnState.Queued)
            {
                _queue!.Remove(turn);
            }
        }

        if (turn.State == TurnState.Queued)
        {
            turn.EndUnrun(new TurnEnd { State = TurnState.Cancelled, At = Time.GetUtcNow(), Cancelled = reason });
        }
        else
        {
            turn.StopEngine();
        }
    }

    /// <summary>Forgets the session if nothing runs or waits in it. True when it is forgotten now.</summary>
    public bool TryForgetIdle()
    {
        lock (_gate)
        {
            if (_running is not null || Queued > 0)
            {
                return false;
            }

            ForgetUnderLock();
            return true;
        }
    }

    /// <summary>Takes back a turn that could not be stored: it never was, and nobody was told of it.</summary>
    internal void Withdraw(Turn turn)
    {
        Turn? next = null;
        lock (_gate)
        {
            if (ReferenceEquals(_running, turn))
            {
                next = RunNext();
            }
            else
            {
                _queue?.Remove(turn);
            }

            _owner.TurnForgotten(turn);
            if (_running is null && Queued == 0 && !_forgotten)
            {
                _owner.SessionIdle(this);
            }
        }

        _owner.Pulse.Remove(turn);
        turn.Release();
        _owner.TurnEnded(turn);
        next?.Start();
    }

    /// <summary>Forgets the session and cancels what runs or waits in it.</summary>
    /// <param name="forgotten">Called when no turn can be accepted in it any more, and before one can in another of its name.</param>
    public void Forget(Action? forgotten = null)
    {
        List<Turn> live = [];
        lock (_gate)
        {
            live.AddRange(_queue ?? []);
            if (_running is not null)
            {
                live.Add(_running);
            }

            ForgetUnderLock();
            forgotten?.Invoke();
            foreach (var turn in live)
            {
                _owner.TurnForgotten(turn);
            }
        }

        foreach (var turn in live)
        {
            Cancel(turn, CancelReason.Forgotten);
        }
    }

    public SessionSnapshot Snapshot()
    {
        lock (_gate)
        {
            return new SessionSnapshot
            {
                Session = Key.Session,
                UserId = UserId,
                EngineSessions = _engineSessions,
                CreatedAt = CreatedAt,
                LastActivityAt = LastActivityAt,
                Turns = [.. Known().Where(turn => turn is not Turn { IsAccepted: false }).Select(turn => turn.Snapshot())],
            };
        }
    }

    internal TurnSnapshot SnapshotOf(IKnownTurn turn)
    {
        lock (_gate)
        {
            return turn.Snapshot();
        }
    }

    internal EngineSession? EngineSessionAt(string engine)
    {
        // The array is never changed, only replaced.
        foreach (var session in Volatile.Read(ref _engineSessions))
        {
            if (string.Equals(session.Engine, engine, StringComparison.Ordinal))
            {
                return session;
            }
        }

        return null;
    }

    internal void BindEngineSession(EngineSession bound)
    {
        lock (_gate)
        {
            // As many as engines are configured, nearly always one: an array that is replaced can be handed out.
            _engineSessions = _engineSessions is [] || (_engineSessions is [var only] && string.Equals(only.Engine, bound.Engine, StringComparison.Ordinal))
                ? [bound]
                : [.. _engineSessions.Where(session => !string.Equals(session.Engine, bound.Engine, StringComparison.Ordinal)), bound];
        }
    }

    /// <summary>The one place where a turn ends: it is remembered before any reader is told, and the next one starts after.</summary>
    internal void TurnEnded(Turn turn, TurnEnd end, Exception? defect)
    {
        Turn? next = null;
        EndedTurn ended;
        lock (_gate)
        {
            turn.State = end.State;
            turn.End = end;
            turn.Log.Complete(end);
            LastActivityAt = end.At;
            if (ReferenceEquals(_running, turn))
            {
                next = RunNext();
            }

            if (_forgotten)
            {
                // One that was neither running nor waiting when that happened: its end was being stored.
                _owner.TurnForgotten(turn);
            }

            ended = new EndedTurn(turn, end, _forgotten ? null : _owner.Slabs);
            Remember(ended);
            if (_running is null && Queued == 0 && !_forgotten)
            {
                _owner.SessionIdle(this);
            }
        }

        _owner.Pulse.Remove(turn);
        turn.Release();
        _owner.Observer.Ended(ended, turn.Age, defect);
        turn.Log.Publish();
        _owner.TurnEnded(turn);
        next?.Start();
    }

    private Turn? RunNext()
    {
        _running = null;
        if (Queued > 0)
        {
            _running = _queue![0];
            _running.State = TurnState.Running;
            _queue.RemoveAt(0);
        }

        return _running;
    }

    private Turn Accept(TurnRequest request, TurnState state)
    {
        UserId ??= request.UserId ?? request.Caller.Subject;
        LastActivityAt = Time.GetUtcNow();
        var turn = new Turn(this, request) { State = state };
        _owner.SessionBusy(this);
        _owner.TurnAdmitted(turn);
        if (_owner.Journal is { } journal)
        {
            turn.WriteTo(journal);
        }
        else
        {
            _owner.Observer.Accepted(request, turn.Id, state);
        }

        return turn;
    }

    private Turn AcceptToWait(TurnRequest request, int at)
    {
        var turn = Accept(request, TurnState.Queued);
        turn.KeepContext();
        (_queue ??= []).Insert(at, turn);
        return turn;
    }

    private void Remember(EndedTurn turn)
    {
        if (_forgotten)
        {
            return;
        }

        if (_newestEnded is null)
        {
            _oldestEnded = turn;
        }
        else
        {
            _newestEnded.Younger = turn;
        }

        _newestEnded = turn;
        _endedCount++;
        _endedBytes += turn.Bytes;
        _owner.TurnRemembered(turn);
        while (_endedCount > 1 && (_endedCount > Limits.RememberedTurns || _endedBytes > Limits.RememberedBytesPerSession))
        {
            ForgetOldest();
        }
    }

    private void ForgetOldest()
    {
        var oldest = _oldestEnded!;
        _oldestEnded = oldest.Younger;
        if (_oldestEnded is null)
        {
            _newestEnded = null;
        }

        _endedCount--;
        _endedBytes -= oldest.Bytes;
        oldest.Release(_owner.Slabs);
        _owner.TurnForgotten(oldest);
    }

    private void ForgetUnderLock()
    {
        if (_forgotten)
        {
            return;
        }

        _forgotten = true;
        _owner.SessionBusy(this);
        while (_oldestEnded is not null)
        {
            ForgetOldest();
        }
    }

    // Oldest first.
    private IEnumerable<IKnownTurn> Known()
    {
        for (var ended = _oldestEnded; ended is not null; ended = ended.Younger)
        {
            yield return ended;
        }

        if (_running is not null)
        {
            yield return _running;
        }

        foreach (var queued in _queue ?? [])
        {
            yield return queued;
        }
    }

    private IKnownTurn? FindByKey(TurnRequest request, out KeyMatch match)
    {
        match = KeyMatch.None;
        if (request.IdempotencyKey is null)
        {
            return null;
        }

        foreach (var turn in Known())
        {
            if (turn.Key is { } key && string.Equals(key.Value, request.IdempotencyKey, StringComparison.Ordinal)
                && string.Equals(key.Subject, request.Caller.Subject, StringComparison.Ordinal))
            {
                match = string.Equals(key.Fingerprint, request.Fingerprint, StringComparison.Ordinal) ? KeyMatch.SameRequest : KeyMatch.OtherRequest;
                return turn;
            }
        }

        return null;
    }
}
