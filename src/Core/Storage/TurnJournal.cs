using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>Whether a turn may be given to its engine.</summary>
internal enum TurnStart : byte
{
    Go,

    /// <summary>It was not accepted: it never was.</summary>
    Withdrawn,

    /// <summary>That it starts could not be kept: it ends with that.</summary>
    Failed,

    /// <summary>Another holds it.</summary>
    Lost,
}

/// <summary>
/// One turn, written down: its acceptance before anyone hears of it, its events behind the readers' backs, its end before any reader. Of events at most one batch is
/// under way; what comes meanwhile waits in the turn's log, within the log's bounds.
/// </summary>
internal sealed class TurnJournal
{
    /// <summary>How far the store may be behind a live turn; in a host with more turns than this has milliseconds, further.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>The same, in a host with very many.</summary>
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly SessionJournal _journal;
    private readonly Turn _turn;
    private readonly HeldTurn _held;
    private readonly Lock _gate = new();
    private readonly bool _waits;
    private LogFollower _written;
    private EngineSession[] _writtenSessions = [];
    private Task _append = Task.CompletedTask;
    private long _heldSince;
    private long _lastWrite;
    private bool _ending;
    private volatile bool _isLost;

    /// <param name="journal">Where.</param>
    /// <param name="turn">The turn, as it is to be accepted, or as it was taken over.</param>
    public TurnJournal(SessionJournal journal, Turn turn)
    {
        (_journal, _turn, _waits) = (journal, turn, turn.State == TurnState.Queued);
        _held = new HeldTurn(turn.Owner.Key, turn.Id, turn.Owner.Epoch);
        _heldSince = journal.Store.HoldingSince;
        _written = turn.Log.FollowerAtEnd();
        _writtenSessions = turn.Owner.EngineSessions;
    }

    /// <summary>What became of it. Fails when it cannot be kept.</summary>
    public Task<Acceptance> Accepted { get; private set; } = Task.FromResult(Acceptance.Accepted);

    public bool IsAccepted => Accepted is { IsCompletedSuccessfully: true, Result: Acceptance.Accepted };

    /// <summary>Nobody else can have taken it over.</summary>
    public bool IsHeld => !_isLost && Volatile.Read(ref _heldSince) is not 0 and var since && _journal.Store.HoldingSince == since;

    /// <summary>The same, once that is certain; false when it cannot be found out as long as there is patience.</summary>
    public ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => IsHeld ? new(result: true) : MakeSureAsync(cancellationToken);

    /// <summary>Has the turn kept, in the order in which turns are accepted.</summary>
    public void Accept(bool goesFirst, bool cameByLetter) => Accepted = AcceptAsync(goesFirst, cameByLetter);

    /// <summary>Nothing is written any more: another holds it.</summary>
    public void Lose() => _isLost = true;

    /// <summary>Whether the engine may be asked now, and else how the turn ends, if it does here.</summary>
    public async ValueTask<(TurnStart Start, TurnEnd? End)> BeginAsync(DateTimeOffset at)
    {
        if (!await WasAcceptedAsync())
        {
            return (TurnStart.Withdrawn, null);
        }

        if (!_waits)
        {
            return (TurnStart.Go, null);
        }

        try
        {
            // One that was forgotten was cancelled, and the run sees that.
            return (await _journal.Store.StartAsync(_held, at, CancellationToken.None) || _turn.Owner.WasForgotten ? TurnStart.Go : TurnStart.Lost, null);
        }
        catch (StorageUnavailableException)
        {
            var fault = new EngineFault(FaultKind.StorageUnavailable, "That the turn starts could not be stored: the engine was not asked.") { NeverStarted = true };
            return (TurnStart.Failed, new TurnEnd { State = TurnState.Failed, At = _journal.Time.GetUtcNow(), Fault = fault });
        }
    }

    /// <summary>Accepted, if that is known already or will be; false also for one that could not be kept, which is for the one to tell who brought it.</summary>
    public async ValueTask<bool> WasAcceptedAsync()
    {
        try
        {
            return await Accepted == Acceptance.Accepted;
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Called by the pulse: takes what is new, if it is time and nothing is under way.</summary>
    public void Write(long now)
    {
        lock (_gate)
        {
            if (!_ending && !_isLost && _append.IsCompleted && IsAccepted && _journal.Time.GetElapsedTime(_lastWrite, now) >= PeriodAt(now) && HasNews)
            {
                _lastWrite = now;
                _append = AppendAsync();
            }
        }
    }

    /// <summary>
    /// Keeps the end, trying for as long as there is patience. Returns the end to tell; null when that is not known here: another holds the turn, or will when the store can be
    /// reached again, and finds out how it ended.
    /// </summary>
    public async ValueTask<TurnEnd?> EndAsync(TurnEnd end)
    {
        if (_turn.Log.IsFrozen)
        {
            // What the engine said last may have come too late to be in it.
            return null;
        }

        await StopWritingAsync();
        var sequence = _turn.Log.EndSequence();
        var rest = Take(out _) with { At = end.At };
        var stored = new StoredEnd(end, sequence, _turn.StartedAt);
        var begun = _journal.Time.GetTimestamp();
        var mayBeKept = false;
        for (var delay = FirstDelay; !_isLost; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                // When an answer was lost, that there is an end already may be this very one's doing. What is forgotten is not kept, and has its end all the same.
                return await _journal.Store.EndAsync(rest, stored, CancellationToken.None) || _turn.Owner.WasForgotten
                    || (mayBeKept && await IsKeptAsync(end)) ? end : null;
            }
            catch (StorageUnavailableException) when (_journal.Time.GetElapsedTime(begun) + delay < _journal.Patience)
            {
                mayBeKept = true;
                await Task.Delay(delay, _journal.Time, CancellationToken.None);
            }
            catch (StorageUnavailableException)
            {
                break;
            }
        }

        return null;
    }

    /// <summary>Keeps all there is, for one who goes on with the turn. Its log must take nothing any more.</summary>
    /// <exception cref="StorageUnavailableException">It could not be kept.</exception>
    public async ValueTask HandOverAsync(CancellationToken cancellationToken)
    {
        await StopWritingAsync().WaitAsync(cancellationToken);
        if (!_isLost && HasNews && await WasAcceptedAsync())
        {
            await _journal.Store.AppendAsync(Take(out _), cancellationToken);
        }

        _isLost = true;
    }

    // The store could not be reached for a while. Who has the turn now, a change under its epoch tells.
    private async ValueTask<bool> MakeSureAsync(CancellationToken cancellationToken)
    {
        var begun = _journal.Time.GetTimestamp();
        for (; !_isLost && _journal.Time.GetElapsedTime(begun) < _journal.Patience; await Task.Delay(FirstDelay, _journal.Time, cancellationToken))
        {
            try
            {
                if (_journal.Store.HoldingSince is not 0 and var since)
                {
                    if (!await _journal.Store.AppendAsync(new TurnProgress { Turn = _held, At = _journal.Time.GetUtcNow() }, cancellationToken))
                    {
                        _turn.Owner.Lose();
                        return false;
                    }

                    Volatile.Write(ref _heldSince, since);
                    if (IsHeld)
                    {
                        return true;
                    }
                }
            }
            catch (StorageUnavailableException)
            {
                // It is back, and not yet for writing.
            }
        }

        return false;
    }

    private async Task StopWritingAsync()
    {
        lock (_gate)
        {
            _ending = true;
        }

        await _append;
    }

    private async ValueTask<bool> IsKeptAsync(TurnEnd end) =>
        await _journal.Store.FindTurnAsync(_held.Session.Tenant, _held.Turn, CancellationToken.None) is { End: { } kept } && kept.State == end.State && kept.At == end.At;

    private async Task<Acceptance> AcceptAsync(bool goesFirst, bool cameByLetter)
    {
        var request = _turn.Request;
        var session = _turn.Owner;
        var state = _turn.State;
        var accepted = await _journal.Store.AcceptAsync(
            new AcceptedTurn
            {
                Session = session.Key,
                Turn = _turn.Id,
                State = state,
                GoesFirst = goesFirst,
                At = _turn.AcceptedAt,
                UserId = session.UserId,
                SessionCreatedAt = session.CreatedAt,
                Key = _turn.Key,
                Epoch = _held.Epoch,
                Request = request,
                CameByLetter = cameByLetter,
            },
            CancellationToken.None);
        if (accepted == Acceptance.Accepted)
        {
            session.Observer.Accepted(request, _turn.Id, state);
        }

        return accepted;
    }

    /// <summary>
    /// A batch costs the store as much as a small turn, and only matters when the process dies before the turn ends: a host writes a thousand of them a second at most, up to
    /// two thousand turns, and each turn one in two seconds beyond. A turn that another process reads is not made to wait for that, nor is the engine's session: without it nobody could ask what
    /// became of the turn.
    /// </summary>
    private TimeSpan PeriodAt(long now)
    {
        var fair = TimeSpan.FromMilliseconds(_turn.Owner.LiveTurnsOfHost);
        return fair <= Period || HasNewSession || _turn.IsFollowed(now) ? Period : fair < LongestPeriod ? fair : LongestPeriod;
    }

    private bool HasNews => _turn.Log.LastSequence > _written.Sequence || HasNewSession;

    private bool HasNewSession => !ReferenceEquals(_turn.Owner.EngineSessions, _writtenSessions);

    private async Task AppendAsync()
    {
        var progress = Take(out var taken);
        try
        {
            if (!await _journal.Store.AppendAsync(progress, CancellationToken.None))
            {
                _turn.Owner.Lose();
                return;
            }

            _written = taken;
            _writtenSessions = progress.EngineSessions as EngineSession[] ?? _writtenSessions;
        }
        catch (StorageUnavailableException)
        {
            // Nobody waits for it: the next pulse takes the same again, and at last the end does, whose failure is told.
        }
    }

    private TurnProgress Take(out LogFollower taken)
    {
        taken = _written;
        var events = _turn.Log.TakeAfter(ref taken, out var firstRetained);
        var sessions = _turn.Owner.EngineSessions;
        return new TurnProgress
        {
            Turn = _held,
            At = _journal.Time.GetUtcNow(),
            Events = events,
            FirstRetained = firstRetained,
            EngineSessions = ReferenceEquals(sessions, _writtenSessions) ? null : sessions,
        };
    }
}
