using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Caching;

/// <summary>
/// One call to an engine, and the turns that are answered by it: the one it was made for, and those that came meanwhile with the same question. It is given up when the last
/// of them has left.
/// </summary>
/// <remarks>
/// A turn that is streamed is given the events as they come; until its first it can still ask by itself. One that waits for the whole answer is given it at the end, and until
/// then can. Behind its first event a turn shares the call's fate, as it would that of its own: nothing is asked twice once some of it was seen.
/// </remarks>
internal sealed class SharedCall : IEngineTurn
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly AnswerRecording _recording;
    private readonly List<Seat> _seats = [];
    private readonly string _engine;
    private readonly bool _outlivesTurns;
    private IEngineTurn? _first;
    private EngineSession? _session;
    private IEngineTurn[]? _live;
    private Task<EngineOutcome>? _running;
    private bool _isClosed;
    private bool _isFree;

    /// <param name="engine">Configured name of the engine.</param>
    /// <param name="first">The turn it is made for.</param>
    /// <param name="recording">Takes the events down.</param>
    /// <param name="outlivesTurns">It is made for the next turn that asks the same: <paramref name="first"/> has its answer.</param>
    public SharedCall(string engine, IEngineTurn first, AnswerRecording recording, bool outlivesTurns = false)
    {
        (_engine, _recording, _outlivesTurns) = (engine, recording, outlivesTurns);
        (Id, Request, UserId, IsFirst) = (first.Id, first.Request, first.UserId, first.IsFirst);
        _first = outlivesTurns ? null : first;
    }

    public TurnId Id { get; }

    public TurnRequest Request { get; }

    public string UserId { get; }

    public bool IsFirst { get; }

    // Those that joined see to themselves: a call that is not made any more leaves them to ask.
    public bool IsHeld => First?.IsHeld ?? true;

    /// <summary>The engine keeps a session for it.</summary>
    public bool IsInSession => Volatile.Read(ref _session) is not null;

    private IEngineTurn? First => Volatile.Read(ref _first);

    /// <inheritdoc/>
    public bool IsFree
    {
        get
        {
            lock (_gate)
            {
                return _isFree;
            }
        }

        set
        {
            lock (_gate)
            {
                _isFree = value;
                Charge();
            }
        }
    }

    // Whose caller pays for it: the turn it was made for or, when that has left, the first that stayed. One that nobody waited for when it began is nobody's. Under the lock.
    private IEngineTurn? Payer => _first ?? (_outlivesTurns || _seats is [] ? null : _seats[0].Turn);

    // Under the lock: nobody waits for it.
    private bool IsLeft => _first is null && _seats.Count == 0 && !_outlivesTurns;

    public ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => First?.HoldAsync(cancellationToken) ?? new(result: true);

    /// <param name="ask">Makes the call, with a token that is cancelled when nobody waits for it any more.</param>
    public void Start(Func<SharedCall, CancellationToken, Task<EngineOutcome>> ask) => _running = EndAsync(ask);

    /// <summary>What is to be kept of it, once it has ended so; null: nothing.</summary>
    public KeptAnswer? ToAnswer(in EngineOutcome outcome) => _recording.ToAnswer(outcome) is { } answer ? answer with { IsInSession = IsInSession } : null;

    /// <summary>Gives it up, whoever waits for it.</summary>
    public async Task GiveUpAsync()
    {
        await _cancellation.CancelAsync();
        await ((Task?)_running ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Null: the turn has to ask by itself.</summary>
    public Seat? TryJoin(IEngineTurn turn, bool isStateless)
    {
        var seat = new Seat(turn, isStateless);
        lock (_gate)
        {
            if (_isClosed || _recording.IsLost || (_session is not null && !isStateless))
            {
                return null;
            }

            _seats.Add(seat);
            turn.IsFree = true;
            if (seat.IsLive)
            {
                seat.HasBegun = !_recording.IsEmpty;
                _recording.CopyTo(turn);
                _live = null;
            }
        }

        if (seat.HasBegun)
        {
            turn.Publish();
        }

        return seat;
    }

    /// <summary>How the turn ends that has this seat; null when it has to ask by itself.</summary>
    public async ValueTask<EngineOutcome?> WaitAsync(Seat seat, CancellationToken cancellationToken)
    {
        var outcome = await WaitAsync(seat.Task, () => _seats.Remove(seat), cancellationToken);
        if (outcome is null)
        {
            seat.Turn.IsFree = false;
        }
        else if (outcome is { Fault: null } && !seat.HasBegun)
        {
            // Whole by now, and copied by each for itself. Not published: the end comes right behind.
            _recording.CopyTo(seat.Turn);
        }

        return outcome;
    }

    /// <summary>How the turn ends that it was made for.</summary>
    public Task<EngineOutcome> WaitAsync(CancellationToken cancellationToken) => WaitAsync(_running!, LeaveFirst, cancellationToken);

    public EngineSession? EngineSessionAt(string engine) => string.Equals(engine, _engine, StringComparison.Ordinal) ? Volatile.Read(ref _session) : First?.EngineSessionAt(engine);

    public void BindEngineSession(EngineSession session)
    {
        lock (_gate)
        {
            _first?.BindEngineSession(session);
            if (!string.Equals(session.Engine, _engine, StringComparison.Ordinal))
            {
                return;
            }

            var isNew = _session is null;
            Volatile.Write(ref _session, session);
            if (isNew)
            {
                // What is said now is kept for another's session, and theirs would go on without it.
                Dismiss(seat => !seat.IsStateless && !seat.HasBegun);
            }
        }
    }

    public void ReleaseEngineSession(EngineSession session) => First?.ReleaseEngineSession(session);

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        lock (_gate)
        {
            _recording.Append(raw, text);
            _first?.Append(raw, text);
            foreach (var seat in _seats)
            {
                if (seat.IsLive)
                {
                    seat.HasBegun = true;
                    seat.Turn.Append(raw, text);
                }
            }

            if (_recording.IsLost)
            {
                Dismiss(seat => !seat.HasBegun);
            }
        }
    }

    public void Report(TokenUsage soFar)
    {
        lock (_gate)
        {
            Payer?.Report(soFar);
        }
    }

    public void Publish()
    {
        // Not under the lock: readers run here. One that pays is stopped here as well.
        IEngineTurn[] live;
        lock (_gate)
        {
            live = _live ??= [.. _seats.Where(seat => seat.IsLive || ReferenceEquals(seat.Turn, Payer)).Select(seat => seat.Turn)];
        }

        First?.Publish();
        foreach (var turn in live)
        {
            turn.Publish();
        }
    }

    private async Task<EngineOutcome> EndAsync(Func<SharedCall, CancellationToken, Task<EngineOutcome>> ask)
    {
        EngineOutcome? outcome = null;
        try
        {
            outcome = await ask(this, _cancellation.Token);
            return outcome.Value;
        }
        finally
        {
            End(outcome);
        }
    }

    private void End(EngineOutcome? outcome)
    {
        lock (_gate)
        {
            _isClosed = true;

            // What was spent is told once, of the one who pays.
            var isTold = _first is not null || _outlivesTurns;
            foreach (var seat in _seats)
            {
                var end = EndOf(seat, outcome);
                seat.TrySetResult(isTold && end is { } told ? told with { Usage = TokenUsage.None } : end);
                isTold |= end is not null;
            }

            _seats.Clear();
            _live = [];
        }
    }

    private static EngineOutcome? EndOf(Seat seat, in EngineOutcome? outcome) => outcome switch
    {
        { Fault: null } => outcome,
        _ when !seat.HasBegun => null,
        not null => outcome,
        null => EngineOutcome.Failed(new EngineFault(FaultKind.Internal, "The gateway failed on the turn that this one had joined.")),
    };

    // Under the lock.
    private void Dismiss(Predicate<Seat> isDismissed)
    {
        foreach (var seat in _seats)
        {
            if (isDismissed(seat))
            {
                seat.TrySetResult(null);
            }
        }

        if (_seats.RemoveAll(isDismissed) == 0)
        {
            return;
        }

        _live = null;
        Charge();
        if (IsLeft)
        {
            // Not here: the engine's client is in the middle of what it brought.
            _isClosed = true;
            _ = _cancellation.CancelAsync();
        }
    }

    // Under the lock: who pays may be another by now.
    private void Charge()
    {
        if (Payer is { } payer)
        {
            payer.IsFree = _isFree;
        }
    }

    // Under the lock.
    private bool LeaveFirst()
    {
        if (_first is null)
        {
            return false;
        }

        if (_seats.Count > 0 && _session is not null)
        {
            // The next turn of its session must not be in the engine's together with this call.
            _first.ReleaseEngineSession(_session);
        }

        Volatile.Write(ref _first, null);
        return true;
    }

    private async Task<T> WaitAsync<T>(Task<T> end, Func<bool> leave, CancellationToken cancellationToken)
    {
        try
        {
            return await end.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            bool isLast;
            lock (_gate)
            {
                _live = null;
                isLast = leave() && IsLeft;
                _isClosed |= isLast;
                Charge();
            }

            if (isLast)
            {
                // It has left when the engine has let go. How the call ends then is nobody's.
                await GiveUpAsync();
            }

            throw;
        }
    }
}
