using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
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
    private readonly RememberedTurns _ended;
    private EngineSession[] _engineSessions = [];
    private List<Turn>? _queue;
    private List<Turn>? _cancelled;
    private Turn? _running;
    private bool _isGone;
    private bool _hasHadTurns;

    public Session(SessionKey key, ISessionOwner owner)
    {
        Key = key;
        _owner = owner;
        _ended = new RememberedTurns(owner);
        CreatedAt = LastActivityAt = Time.GetUtcNow();
        Budget = owner.CallerLimits?.NewSessionBudget(stored: null);
    }

    /// <summary>A session that is kept in a store, was not in memory, and has nothing to do.</summary>
    internal Session(SessionKey key, ISessionOwner owner, StoredSession stored)
        : this(key, owner)
    {
        (UserId, CreatedAt, LastActivityAt) = (stored.UserId, stored.CreatedAt, stored.LastActivityAt);
        _engineSessions = [.. stored.EngineSessions];
        _hasHadTurns = true;
        Epoch = stored.Epoch + 1;
        Budget = owner.CallerLimits?.NewSessionBudget(stored);
    }

    /// <summary>A session that was taken over. Its turns go on when <see cref="GoOn"/> is called.</summary>
    /// <exception cref="StorageUnavailableException">What is kept of a turn is not what was written.</exception>
    internal Session(SessionKey key, ISessionOwner owner, TakenSession taken)
        : this(key, owner, taken.Session)
    {
        Epoch = taken.Session.Epoch;
        foreach (var kept in taken.Unfinished)
        {
            var turn = new Turn(this, kept, taken.IsHandedOver);
            if (turn.State == TurnState.Running && _running is null)
            {
                _running = turn;
            }
            else
            {
                (_queue ??= []).Add(turn);
            }
        }
    }

    public SessionKey Key { get; }

    public DateTimeOffset CreatedAt { get; }

    /// <summary>When a request last came or a turn last ended.</summary>
    public DateTimeOffset LastActivityAt { get; private set; }

    /// <summary>Under which it is held, where it is stored: see <see cref="ISessionStore"/>.</summary>
    internal long Epoch { get; } = 1;

    /// <summary>The engine's name for the person speaking; set by the first turn.</summary>
    public string? UserId { get; private set; }

    /// <summary>It was forgotten while it was here: nothing of it is stored any more, and its turns end all the same.</summary>
    internal bool WasForgotten { get; private set; }

    /// <summary>Tokens its turns may take in all; null: that is not limited.</summary>
    internal IBucket? Budget { get; }

    // The host's list of idle sessions, under its lock.
    internal Session? MoreIdle { get; set; }

    internal Session? LessIdle { get; set; }

    internal bool ListedAsIdle { get; set; }

    internal SessionLimits Limits => _owner.Limits;

    internal TimeProvider Time => _owner.Pulse.Time;

    internal long After(TimeSpan delay) => _owner.Pulse.After(delay);

    internal int LiveTurnsOfHost => _owner.LiveTurns;

    internal IEngine Engine => _owner.Engine;

    internal ITurnObserver Observer => _owner.Observer;

    /// <summary>Never changed, only replaced.</summary>
    internal EngineSession[] EngineSessions => Volatile.Read(ref _engineSessions);

    /// <summary>Something runs or waits in it.</summary>
    internal bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return !IsIdle;
            }
        }
    }

    private int Queued => _queue?.Count ?? 0;

    // Also while one that was cancelled before it ran has its end stored: a session that left memory would be found in the store with a turn to go on with.
    private bool IsIdle => _running is null && Queued == 0 && _cancelled is null or [];

    /// <summary>Reserves what the turn may take of its caller's limits, where there are any, and admits it. Null: as false from <see cref="TryAdmit(TurnRequest, ReadInterest, out Admission)"/>.</summary>
    internal async ValueTask<Admission?> AdmitAsync(TurnRequest request, ReadInterest interest, TurnId? id, bool cameByLetter, CancellationToken cancellationToken)
    {
        var allowance = _owner.CallerLimits is { LimitsTurns: true } limits ? await limits.ReserveAsync(request, Budget, cancellationToken) : null;
        var isHere = TryAdmit(request, interest, id, cameByLetter, allowance, out var admission);
        if (!isHere || admission.Reader is null || admission.Attached)
        {
            // No turn was made of it, and the one it is about has its own.
            allowance?.Settle(0);
        }

        return isHere ? admission : null;
    }

    /// <summary>False when the session was forgotten, or left this host, in between: the request belongs to another.</summary>
    public bool TryAdmit(TurnRequest request, ReadInterest interest, out Admission admission) =>
        TryAdmit(request, interest, id: null, cameByLetter: false, allowance: null, out admission);

    /// <inheritdoc cref="TryAdmit(TurnRequest, ReadInterest, out Admission)"/>
    /// <param name="request">What is asked.</param>
    /// <param name="interest">What its reader is woken for.</param>
    /// <param name="id">The number of the turn to be; null: a new one.</param>
    /// <param name="cameByLetter">In a letter of that number.</param>
    /// <param name="allowance">What the turn may take, or why there is to be none; null: nothing is limited. A turn that is made of the request settles it, and nobody else then.</param>
    /// <param name="admission">The answer.</param>
    internal bool TryAdmit(TurnRequest request, ReadInterest interest, TurnId? id, bool cameByLetter, TurnAllowance? allowance, out Admission admission)
    {
        IKnownTurn? turn;
        Turn? started = null;
        Turn? interrupted = null;
        AdmissionDecision decision;
        Refusal refusal;
        lock (_gate)
        {
            if (_isGone)
            {
                admission = default;
                return false;
            }

            var known = FindByKey(request, out var match);
            var view = new SessionView(_running is not null, Queued, UserId, match, _owner.Stopping, allowance?.Refusal ?? Refusal.None);
            decision = AdmissionRules.Decide(view, request, Limits, out refusal);
            turn = null;
            switch (decision)
            {
                case AdmissionDecision.Attach:
                    turn = known;
                    break;
                case AdmissionDecision.Start:
                    turn = started = _running = Accept(request, TurnState.Running, goesFirst: false, id, cameByLetter, allowance);
                    break;
                case AdmissionDecision.Queue:
                    turn = AcceptToWait(request, at: Queued, id, cameByLetter, allowance);
                    break;
                case AdmissionDecision.Interrupt:
                    turn = AcceptToWait(request, at: 0, id, cameByLetter, allowance);
                    interrupted = _running;
                    break;
            }

            if (IsIdle)
            {
                // New, and refused at once; or attached to, and so not the one idle longest any more.
                _owner.SessionBusy(this);
                _owner.SessionIdle(this);
            }

            // Before the turn can run: a reader that opened it sees it from its first event, and it is not alone.
            admission = turn is null
                ? Admission.Refused(refusal, refusal == allowance?.Refusal ? allowance.Shortage : null)
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
            if (turn.HasLeft || turn.State > TurnState.Running || !turn.NoteCancelled(reason))
            {
                return;
            }

            if (turn.State == TurnState.Queued)
            {
                Telemetry.Waiting(_queue!.Remove(turn) ? -1 : 0);
                (_cancelled ??= []).Add(turn);
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
            if (!IsIdle)
            {
                return false;
            }

            LeaveUnderLock();
            return true;
        }
    }

    /// <summary>Enters the turns that were taken over into the host, and goes on with them. Once, after the session itself is there.</summary>
    internal void GoOn()
    {
        Turn? first;
        lock (_gate)
        {
            Telemetry.Waiting(Queued);
            foreach (var turn in Live())
            {
                _owner.SessionBusy(this);
                _owner.TurnAdmitted(turn);
                _owner.Observer.TakenOver(turn);
                turn.Allowance = turn.Said is { } request ? _owner.CallerLimits?.TakeOver(request, Budget) : null;
                turn.GoOnWriting(_owner.Journal!);
                _owner.Pulse.Add(turn);
            }

            first = _running ?? RunNext();
            if (first is null)
            {
                _owner.SessionIdle(this);
            }
        }

        first?.Start();
    }

    /// <summary>
    /// Another holds it, or will: it is not in this host any more. Readers of its turns find them there; a call to the engine that is under way here is left to end, for
    /// what it does is what the other one waits to see.
    /// </summary>
    /// <param name="ended">One that had ended here, and whose end could not be kept because of that.</param>
    internal void Lose(Turn? ended = null)
    {
        var live = Leave(ended);
        foreach (var turn in live)
        {
            turn.Journal?.Lose();
        }

        MoveOut(live);
    }

    /// <summary>Writes down all there is of its turns and lets go of it, for another to go on with.</summary>
    internal async Task HandOverAsync(ISessionStore store, CancellationToken cancellationToken)
    {
        var live = Leave(also: null);
        try
        {
            foreach (var turn in live)
            {
                // What readers were shown is what the next one goes on from.
                turn.Log.Freeze();
                await turn.Journal!.HandOverAsync(cancellationToken);
            }

            // Of one taken from a process that is gone, readers may have seen more than anyone has: that is known only of a session that is taken from one again.
            if (live.TrueForAll(turn => !turn.Log.IsBehind))
            {
                await store.ReleaseAsync(Key, Epoch, cancellationToken);
            }
        }
        catch (Exception e) when (e is StorageUnavailableException or OperationCanceledException)
        {
            // Then it is taken from a process that is gone.
            foreach (var turn in live)
            {
                turn.Journal!.Lose();
            }
        }
        finally
        {
            MoveOut(live);
        }
    }

    /// <summary>Takes back a turn that could not be stored: it never was, and nobody was told of it.</summary>
    internal void Withdraw(Turn turn)
    {
        Turn? next = null;
        lock (_gate)
        {
            if (turn.HasLeft)
            {
                return;
            }

            if (ReferenceEquals(_running, turn))
            {
                next = RunNext();
            }
            else
            {
                Telemetry.Waiting(_queue?.Remove(turn) == true ? -1 : 0);
            }

            _owner.TurnForgotten(turn);
            if (IsIdle && !_isGone)
            {
                _owner.SessionIdle(this);
            }
        }

        _owner.Pulse.Remove(turn);
        turn.Allowance?.Settle(0);
        turn.Release();
        _owner.TurnEnded(turn);
        next?.Start();
    }

    /// <summary>Forgets the session and cancels what runs or waits in it.</summary>
    /// <param name="forgotten">Called when no turn can be accepted in it any more, and before one can in another of its name.</param>
    /// <returns>Done when the last of them has ended.</returns>
    public Task ForgetAsync(Action? forgotten = null)
    {
        List<Turn> live = [];
        lock (_gate)
        {
            // Those that wait are cancelled first: the end of the one that runs would start the next.
            live.AddRange(_queue ?? []);
            if (_running is not null)
            {
                live.Add(_running);
            }

            WasForgotten = true;
            LeaveUnderLock();
            forgotten?.Invoke();
            foreach (var turn in live)
            {
                _owner.TurnForgotten(turn);
            }
        }

        var ended = live.ConvertAll(turn => turn.EndedAsync());
        foreach (var turn in live)
        {
            Cancel(turn, CancelReason.Forgotten);
        }

        return Task.WhenAll(ended);
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

    internal void ReleaseEngineSession(EngineSession released)
    {
        lock (_gate)
        {
            _engineSessions =
                [.. _engineSessions.Where(session => !string.Equals(session.Engine, released.Engine, StringComparison.Ordinal) || !string.Equals(session.Id, released.Id, StringComparison.Ordinal))];
        }
    }

    /// <summary>The one place where a turn ends: it is remembered before any reader is told, and the next one starts after.</summary>
    internal void TurnEnded(Turn turn, TurnEnd end, Exception? defect)
    {
        Turn? next = null;
        EndedTurn? ended = null;
        lock (_gate)
        {
            turn.State = end.State;
            turn.End = end;
            turn.Log.Complete(end);
            LastActivityAt = end.At;
            if (!turn.HasLeft)
            {
                ended = Remember(turn, end, out next);
            }
        }

        if (ended is not null)
        {
            _owner.Pulse.Remove(turn);
            turn.Allowance?.Settle(turn.TokensOf(end));
            turn.Release();
            _owner.Observer.Ended(ended, turn.Age, defect);
        }

        turn.Log.Publish();
        if (ended is not null)
        {
            _owner.TurnEnded(turn);
        }

        next?.Start();
    }

    private EndedTurn Remember(Turn turn, TurnEnd end, out Turn? next)
    {
        next = ReferenceEquals(_running, turn) ? RunNext() : null;
        _cancelled?.Remove(turn);
        var ended = new EndedTurn(turn, end, _isGone ? null : _owner.Slabs);
        if (_isGone)
        {
            // One that was neither running nor waiting when that happened: its end was being stored.
            _owner.TurnForgotten(turn);
            return ended;
        }

        _ended.Add(ended);
        if (IsIdle)
        {
            _owner.SessionIdle(this);
        }

        return ended;
    }

    private Turn? RunNext()
    {
        _running = null;
        if (Queued > 0)
        {
            _running = _queue![0];
            _running.State = TurnState.Running;
            _queue.RemoveAt(0);
            Telemetry.Waiting(-1);
        }

        return _running;
    }

    private Turn Accept(TurnRequest request, TurnState state, bool goesFirst, TurnId? id, bool cameByLetter, TurnAllowance? allowance)
    {
        UserId ??= request.UserId ?? request.Caller.Subject;
        LastActivityAt = Time.GetUtcNow();
        var turn = new Turn(this, request, id ?? TurnId.New()) { State = state, IsFirst = !_hasHadTurns, Allowance = allowance };
        _hasHadTurns = true;
        _owner.SessionBusy(this);
        _owner.TurnAdmitted(turn);
        if (_owner.Journal is { } journal)
        {
            turn.WriteTo(journal, goesFirst, cameByLetter);
        }
        else
        {
            _owner.Observer.Accepted(request, turn.Id, state);
        }

        return turn;
    }

    private Turn AcceptToWait(TurnRequest request, int at, TurnId? id, bool cameByLetter, TurnAllowance? allowance)
    {
        var turn = Accept(request, TurnState.Queued, goesFirst: at == 0 && Queued > 0, id, cameByLetter, allowance);
        turn.KeepContext();
        (_queue ??= []).Insert(at, turn);
        Telemetry.Waiting(1);
        return turn;
    }

    private List<Turn> Leave(Turn? also)
    {
        lock (_gate)
        {
            List<Turn> live = [];
            if (!_isGone)
            {
                live.AddRange(Live());
                Telemetry.Waiting(-Queued);
                LeaveUnderLock();
                (_running, _queue, _cancelled) = (null, null, null);
                _owner.SessionLeft(this);
            }

            if (also is { HasLeft: false } && !live.Contains(also))
            {
                live.Add(also);
            }

            foreach (var turn in live)
            {
                turn.HasLeft = true;
                _owner.TurnForgotten(turn);
            }

            return live;
        }
    }

    private void MoveOut(List<Turn> live)
    {
        foreach (var turn in live)
        {
            _owner.Pulse.Remove(turn);

            // It is counted where it goes on, the whole of it.
            turn.Allowance?.Settle(0);
            if (turn.IsAccepted)
            {
                _owner.Observer.Moved(turn);
            }

            turn.Log.Move();
            _owner.TurnEnded(turn);
        }
    }

    private void LeaveUnderLock()
    {
        if (!_isGone)
        {
            _isGone = true;
            _owner.SessionBusy(this);
            _ended.Clear();
        }
    }

    // Those that run or wait, in their order; before them those that were cancelled and do not have their end yet.
    private IEnumerable<Turn> Live()
    {
        foreach (var cancelled in _cancelled ?? [])
        {
            yield return cancelled;
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

    // Oldest first.
    private IEnumerable<IKnownTurn> Known() => _ended.OldestFirst().Concat<IKnownTurn>(Live());

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
