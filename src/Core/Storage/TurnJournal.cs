using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>
/// One turn, written down: its acceptance before anyone hears of it, its events behind the readers' backs, its end before any reader. Of events at most one batch is
/// under way; what comes meanwhile waits in the turn's log, within the log's bounds.
/// </summary>
internal sealed class TurnJournal
{
    /// <summary>
    /// How far the store may be behind a live turn. Each batch costs the store as much as a small turn: at a shorter period, thousands of streams would keep it busy with
    /// events that only matter when the process dies before their turn ends.
    /// </summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly SessionJournal _journal;
    private readonly Turn _turn;
    private readonly Lock _gate = new();
    private readonly bool _waits;
    private LogFollower _written = LogFollower.AtStart;
    private EngineSession[] _writtenSessions = [];
    private Task _append = Task.CompletedTask;
    private long _lastWrite;
    private bool _ending;

    /// <summary>Begins with the acceptance, in the order in which turns are accepted.</summary>
    public TurnJournal(SessionJournal journal, Turn turn, TurnState state)
    {
        (_journal, _turn, _waits) = (journal, turn, state == TurnState.Queued);
        Accepted = AcceptAsync(state);
    }

    /// <summary>True: it is kept. False: its key is taken. Fails when it cannot be kept.</summary>
    public Task<bool> Accepted { get; }

    public bool IsAccepted => Accepted is { IsCompletedSuccessfully: true, Result: true };

    /// <summary>Whether the engine may be asked now: false when the turn was not accepted, or its start could not be kept, which the end then tells.</summary>
    public async ValueTask<(bool Go, TurnEnd? End)> BeginAsync(DateTimeOffset at)
    {
        if (!await WasAcceptedAsync())
        {
            return (false, null);
        }

        if (!_waits)
        {
            return (true, null);
        }

        try
        {
            await _journal.Store.StartAsync(_turn.Id, at, CancellationToken.None);
            return (true, null);
        }
        catch (StorageUnavailableException)
        {
            var fault = new EngineFault(FaultKind.StorageUnavailable, "That the turn starts could not be stored: the engine was not asked.") { NeverStarted = true };
            return (false, new TurnEnd { State = TurnState.Failed, At = _journal.Time.GetUtcNow(), Fault = fault });
        }
    }

    /// <summary>Accepted, if that is known already or will be; false also for one that could not be kept, which is for the one to tell who brought it.</summary>
    public async ValueTask<bool> WasAcceptedAsync()
    {
        try
        {
            return await Accepted;
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
            if (!_ending && _append.IsCompleted && IsAccepted && _journal.Time.GetElapsedTime(_lastWrite, now) >= Period && HasNews)
            {
                _lastWrite = now;
                _append = AppendAsync();
            }
        }
    }

    /// <summary>Keeps the end, trying for as long as there is patience. Returns the end to tell: this one, or that it could not be kept.</summary>
    public async ValueTask<TurnEnd> EndAsync(TurnEnd end)
    {
        lock (_gate)
        {
            _ending = true;
        }

        await _append;
        var rest = Take(out _) with { At = end.At };
        var stored = new StoredEnd(end, _turn.Log.LastSequence + 1, _turn.StartedAt);
        var begun = _journal.Time.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                await _journal.Store.EndAsync(rest, stored, CancellationToken.None);
                return end;
            }
            catch (StorageUnavailableException) when (_journal.Time.GetElapsedTime(begun) + delay < _journal.Patience)
            {
                await Task.Delay(delay, _journal.Time, CancellationToken.None);
            }
            catch (StorageUnavailableException)
            {
                var fault = new EngineFault(FaultKind.StorageUnavailable, "How the turn ended could not be stored.") { Started = _turn.StartedAt is not null };
                return new TurnEnd { State = TurnState.Unknown, At = end.At, Fault = fault, Usage = end.Usage, ServedBy = end.ServedBy };
            }
        }
    }

    private async Task<bool> AcceptAsync(TurnState state)
    {
        var request = _turn.Request;
        var session = _turn.Owner;
        var accepted = await _journal.Store.AcceptAsync(
            new AcceptedTurn
            {
                Session = session.Key,
                Turn = _turn.Id,
                State = state,
                At = _turn.AcceptedAt,
                UserId = session.UserId,
                SessionCreatedAt = session.CreatedAt,
                Key = _turn.Key,
            },
            CancellationToken.None);
        if (accepted)
        {
            session.Observer.Accepted(request, _turn.Id, state);
        }

        return accepted;
    }

    private bool HasNews => _turn.Log.LastSequence > _written.Sequence || !ReferenceEquals(_turn.Owner.EngineSessions, _writtenSessions);

    private async Task AppendAsync()
    {
        var progress = Take(out var taken);
        try
        {
            await _journal.Store.AppendAsync(progress, CancellationToken.None);
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
            Turn = _turn.Id,
            At = _journal.Time.GetUtcNow(),
            Events = events,
            FirstRetained = firstRetained,
            EngineSessions = ReferenceEquals(sessions, _writtenSessions) ? null : sessions,
        };
    }
}
