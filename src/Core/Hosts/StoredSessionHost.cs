using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts.Replicas;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>
/// Sessions that outlive the process, alone on a store or as one of many that share it. A session with turns under way is in the memory of the process that holds it; any other
/// asks that one by letter and reads its turns from the store. What a process left behind is taken over by the next that looks.
/// </summary>
/// <remarks>
/// Where others share the store and are not written to, each session is asked for only in the process where somebody else has placed it: while another still holds it, it
/// cannot be had here.
/// </remarks>
public sealed class StoredSessionHost : Pulsed, ISessionHost, IPeerEvents
{
    /// <summary>How often a request may find that its session, or its key, has changed hands.</summary>
    private const int MostTries = 20;

    private const int TakenAtOnce = 100;
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeavingNodeWait = TimeSpan.FromMilliseconds(500);

    private readonly SessionJournal _journal;
    private readonly ISessionStore _store;
    private readonly IPeers? _peers;
    private readonly LocalSessions _local;
    private readonly SessionLoading _loading;
    private readonly Recurring _sweeping;
    private readonly OutgoingLetters? _outgoing;
    private readonly IncomingLetters? _incoming;
    private readonly FollowedTurns? _followed;
    private readonly bool _isPlaced;
    private long _nextSweep;

    /// <param name="engine">Runs the turns.</param>
    /// <param name="limits">Bounds of what is in memory.</param>
    /// <param name="pulse">The clock.</param>
    /// <param name="observer">Told of every turn.</param>
    /// <param name="journal">Writes turns down.</param>
    /// <param name="peers">The other processes on the same store, which are written to; null: there are none, or sessions are placed.</param>
    /// <param name="callerLimits">How much callers may have; null: as much as they like.</param>
    /// <param name="isPlaced">Others share the store, and each session comes to one of them at a time by a placement outside, which also finds what was left behind.</param>
    public StoredSessionHost(
        IEngine engine, SessionLimits limits, Pulse pulse, ITurnObserver observer, SessionJournal journal, IPeers? peers = null,
        CallerLimits? callerLimits = null, bool isPlaced = false)
    {
        (_journal, _store, _peers, _isPlaced) = (journal, journal.Store, peers, isPlaced);
        _nextSweep = isPlaced ? long.MaxValue : 0;

        // Among many, what is in memory and idle may be out of date.
        _local = new LocalSessions(engine, peers is null ? limits : limits with { IdleTimeout = TimeSpan.Zero }, pulse, observer, journal, callerLimits);
        _loading = new SessionLoading(_store, _local);
        _sweeping = new Recurring(SweepAsync, observer.Defect);
        if (peers is not null)
        {
            _outgoing = new OutgoingLetters(peers, _store, pulse.Time);
            _incoming = new IncomingLetters(peers, _local, _loading);
            _followed = new FollowedTurns(peers, _store, _local, TakeOverAsync);
            peers.Events = this;
        }

        pulse.Add(this);
    }

    /// <inheritdoc/>
    public int LiveTurns => _local.LiveTurns;

    /// <inheritdoc/>
    public int SessionCount => _local.SessionCount;

    /// <inheritdoc/>
    public long RememberedBytes => _local.Slabs.Bytes;

    /// <summary>It takes no new turns.</summary>
    public bool IsStopping => _local.Stopping;

    /// <inheritdoc/>
    public ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken) =>
        StartAsync(request, interest, id: null, cancellationToken);

    /// <summary>As <see cref="StartAsync(TurnRequest, ReadInterest, CancellationToken)"/>, for one who has to be able to ask again.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="interest">What its reader is woken for.</param>
    /// <param name="id">The number of the turn to be: no two are accepted with the same.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, TurnId? id, CancellationToken cancellationToken)
    {
        try
        {
            for (var tries = 0; tries < MostTries; tries++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (await TryStartAsync(request, interest, id, isUnknown: request.BeginsSession && tries == 0, cancellationToken) is { } admission)
                {
                    return admission;
                }
            }
        }
        catch (StorageUnavailableException)
        {
            // Refused below, as one whose session would not stand still.
        }

        return _local.Refuse(request, Refusal.StorageUnavailable);
    }

    /// <inheritdoc/>
    public async ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var (turn, stored) = await FindAnywhereAsync(tenant, cursor.Turn, cancellationToken);
            if (turn is not null)
            {
                return cursor.Sequence <= turn.LastSequence || turn is Turn { Log.IsBehind: true } ? turn.Open(cursor.Sequence, interest) : null;
            }

            if (stored is null)
            {
                return null;
            }

            if (stored.End is not null)
            {
                return cursor.Sequence <= stored.LastSequence ? await _journal.OpenAsync(stored, cursor.Sequence, interest, cancellationToken) : null;
            }

            if (await OpenUnfinishedAsync(stored, cursor.Sequence, interest, cancellationToken) is { } reader)
            {
                return reader;
            }
        }

        throw new StorageUnavailableException(StorageFault.Busy, "The turn changes hands too often to be followed.");
    }

    /// <inheritdoc/>
    public async ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        var (found, stored) = await FindAnywhereAsync(tenant, turn, cancellationToken);
        if (stored is { End: null } && await TakeOverIfLeftAsync(stored.Session, stored.Holder, cancellationToken))
        {
            (found, stored) = await FindAnywhereAsync(tenant, turn, cancellationToken);
        }

        return found?.Owner.SnapshotOf(found) ?? stored?.Snapshot();
    }

    /// <inheritdoc/>
    public async ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken)
    {
        var stored = await _store.FindSessionAsync(session, _local.Limits.RememberedTurns, cancellationToken);
        if (stored is { IsUnfinished: true } && _local.Find(session) is null && await TakeOverIfLeftAsync(session, stored.Holder, cancellationToken))
        {
            stored = await _store.FindSessionAsync(session, _local.Limits.RememberedTurns, cancellationToken);
        }

        var found = _local.Find(session)?.Snapshot();
        if (stored is null || _loading.IsForgetting(session))
        {
            // One whose first turn is not stored yet does not exist yet.
            return found is { Turns: [] } ? null : found;
        }

        var known = found?.Turns ?? [];
        var others = stored.Turns
            .Where(turn => !known.Any(mine => mine.Turn == turn.Turn) && (turn.End is not null || !_local.IsHere(turn.Turn)))
            .Select(turn => turn.Snapshot());
        var isFoundNewer = found is not null && found.LastActivityAt >= stored.LastActivityAt;
        return new SessionSnapshot
        {
            Session = session.Session,
            UserId = found?.UserId ?? stored.UserId,
            EngineSessions = isFoundNewer ? found!.EngineSessions : stored.EngineSessions,
            CreatedAt = stored.CreatedAt,
            LastActivityAt = isFoundNewer ? found!.LastActivityAt : stored.LastActivityAt,
            Turns = [.. others.Concat(known).TakeLast(Math.Max(known.Count, _local.Limits.RememberedTurns))],
        };
    }

    /// <inheritdoc/>
    public async ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var (found, stored) = await FindAnywhereAsync(tenant, turn, cancellationToken);
            if (found is not null)
            {
                if (found is Turn live)
                {
                    live.Owner.Cancel(live, CancelReason.Requested);
                    await live.Cancelled.WaitAsync(cancellationToken);
                }

                return found.Owner.SnapshotOf(found);
            }

            if (stored is not { End: null })
            {
                break;
            }

            if (stored.Holder != SessionHolder.Another)
            {
                if (!await TakeOverIfLeftAsync(stored.Session, stored.Holder, cancellationToken))
                {
                    break;
                }
            }
            else if (await AskAsync(new Letter { Id = TurnId.New(), Session = stored.Session, Kind = LetterKind.Cancel, Turn = turn }, cancellationToken)
                is (LetterState.Answered, _))
            {
                break;
            }
        }

        return await FindTurnAsync(tenant, turn, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MostTries && IsShared && _local.Find(session) is null; tries++)
        {
            var stored = await _store.FindSessionAsync(session, turns: 0, cancellationToken);
            if (stored is null && tries > 0)
            {
                // It was asked for, and done before the answer came.
                return true;
            }

            if (stored is not { Holder: SessionHolder.Another })
            {
                break;
            }

            if (await AskAsync(new Letter { Id = TurnId.New(), Session = session, Kind = LetterKind.Forget }, cancellationToken) is (LetterState.Answered, _))
            {
                return true;
            }
        }

        return await _loading.ForgetAsync(session, cancellationToken);
    }

    /// <summary>The session is in this process's memory.</summary>
    public bool Has(SessionKey session) => _local.Find(session) is not null;

    /// <summary>The turn is in this process's memory.</summary>
    public bool Has(TenantId tenant, TurnId turn) => _local.Find(tenant, turn) is not null;

    /// <summary>Something runs or waits in the session, here.</summary>
    public bool IsBusy(SessionKey session) => _local.Find(session) is { IsBusy: true };

    /// <summary>Brings a session here that was left behind, so that its turns go on.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be had.</exception>
    public Task WakeAsync(SessionKey session, CancellationToken cancellationToken) =>
        _local.Stopping ? Task.CompletedTask : TakeOverAsync(session, cancellationToken);

    /// <summary>The session leaves memory. What runs or waits in it is written down and released, for another process to go on with.</summary>
    public async Task LetGoAsync(SessionKey session, CancellationToken cancellationToken)
    {
        if (_local.Find(session) is not { } found)
        {
            return;
        }

        if (found.TryForgetIdle())
        {
            _local.Remove(found);
            return;
        }

        await found.HandOverAsync(_store, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DrainAsync(CancellationToken deadline)
    {
        if (!await _local.StopAsync(deadline))
        {
            using var time = new CancellationTokenSource(_local.Limits.HandOverTime, _local.Pulse.Time);
            await Task.WhenAll(_local.All.Select(session => session.HandOverAsync(_store, time.Token)));
        }

        // Whoever follows a turn of another node here is told to go on elsewhere, as those are whose turn was here.
        _followed?.Leave();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(new CancellationToken(canceled: true));
        _local.Pulse.Remove(this);
        await _sweeping.DisposeAsync();
        if (_peers is not null)
        {
            _peers.Events = null;
            await _incoming!.DisposeAsync();
            await _followed!.DisposeAsync();
        }

        _local.Pulse.Remove(_local);
    }

    /// <summary>Looks now and then for what a process left behind: among many it may happen at any time, else only before this one began.</summary>
    protected internal override void OnPulse(long now)
    {
        if (now >= _nextSweep)
        {
            _nextSweep = _peers is null ? long.MaxValue : _local.Pulse.After(SweepPeriod);
            _sweeping.Ask();
        }
    }

    void IPeerEvents.LetterCame() => _incoming!.Came();

    void IPeerEvents.ReplyCame(TurnId letter) => _outgoing!.ReplyCame(letter);

    void IPeerEvents.TurnMoved(TurnId turn) => _followed!.Moved(turn);

    void IPeerEvents.TurnFollowed(TurnId turn) => _local.FindLive(turn)?.NoteFollowed(IncomingLetters.FollowedFor);

    void IPeerEvents.MayHaveMissed()
    {
        _incoming!.Came();
        _outgoing!.MayHaveMissed();
        _followed!.MayHaveMoved();
    }

    // Null: something has changed hands, and it is to be tried again.
    private async ValueTask<Admission?> TryStartAsync(TurnRequest request, ReadInterest interest, TurnId? id, bool isUnknown, CancellationToken cancellationToken)
    {
        if (await EarlierAsync(request, interest, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        var key = new SessionKey(request.Caller.Tenant, request.Session);
        if (_local.Find(key) is not { } session)
        {
            if (_local.Stopping)
            {
                return _local.Refuse(request, Refusal.Stopping);
            }

            var (where, loaded) = isUnknown ? _loading.Begin(key) : await _loading.LoadAsync(key, cancellationToken);
            if (where == Whereabouts.Elsewhere)
            {
                return await StartElsewhereAsync(key, request, interest, cancellationToken);
            }

            if (loaded is null)
            {
                return _local.Refuse(request, Refusal.TooManySessions);
            }

            session = loaded;
        }

        var (result, admission) = await TurnAdmission.AdmitAsync(session, request, interest, id, cameByLetter: false, cancellationToken);
        if (result == AdmissionResult.SessionGone)
        {
            _local.Remove(session);
        }

        return result == AdmissionResult.Decided ? admission : null;
    }

    // A turn that is in memory is found by its session. Any other is found here: its key is kept as long as it is.
    private async ValueTask<Admission?> EarlierAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey is not { } key)
        {
            return null;
        }

        var session = new SessionKey(request.Caller.Tenant, request.Session);
        await _loading.WaitUntilForgottenAsync(session, cancellationToken);
        if (await _store.FindTurnAsync(session, request.Caller.Subject, key, cancellationToken) is not { } found || _local.IsHere(found.Turn))
        {
            return null;
        }

        if (!string.Equals(found.Key?.Fingerprint, request.Fingerprint, StringComparison.Ordinal))
        {
            return _local.Refuse(request, Refusal.KeyReused);
        }

        var reader = found.End is not null
            ? await _journal.OpenAsync(found, cursor: 0, interest, cancellationToken)
            : await OpenUnfinishedAsync(found, cursor: 0, interest, cancellationToken);
        return reader is null ? null : Admission.Granted(reader, attached: true);
    }

    private async ValueTask<Admission?> StartElsewhereAsync(SessionKey key, TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        var letter = new Letter { Id = TurnId.New(), Session = key, Kind = LetterKind.Turn, Request = request };
        switch (await AskAsync(letter, cancellationToken))
        {
            case (LetterState.Gone, _):
                return await AttachAsync(key, letter.Id, interest, isEarlier: false, cancellationToken);
            case (LetterState.Answered, { Attached: { } turn }):
                return await AttachAsync(key, turn, interest, isEarlier: true, cancellationToken);
            case (LetterState.Answered, { Refusal: Refusal.Stopping }):
                // It is about to let go of the session.
                await Task.Delay(LeavingNodeWait, _local.Pulse.Time, cancellationToken);
                return null;
            case (LetterState.Answered, { Refusal: not Refusal.None and var refusal }):
                return _local.Refuse(request, refusal);
            default:
                return null;
        }
    }

    private async ValueTask<Admission?> AttachAsync(SessionKey session, TurnId turn, ReadInterest interest, bool isEarlier, CancellationToken cancellationToken)
    {
        // When it is not there, it was accepted, has ended, and was forgotten since: asking again would run it again.
        var reader = await FollowAsync(session.Tenant, new Cursor(turn, 0), interest, cancellationToken)
            ?? throw new StorageUnavailableException(StorageFault.Busy, "The turn was forgotten before it could be read.");
        return Admission.Granted(reader, isEarlier);
    }

    private bool IsShared => _isPlaced || _peers is not null;

    private ValueTask<(LetterState State, Reply? Reply)> AskAsync(Letter letter, CancellationToken cancellationToken) =>
        _outgoing?.AskAsync(letter, cancellationToken) ?? throw HeldElsewhere();

    // Null: it has changed hands, or has ended.
    private async ValueTask<ITurnReader?> OpenUnfinishedAsync(StoredTurn turn, long cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (turn.Holder == SessionHolder.Another || (_local.Stopping && _followed is not null))
        {
            return _followed?.Open(turn, cursor, interest) ?? throw HeldElsewhere();
        }

        if (_local.Stopping)
        {
            // The next process goes on with it.
            var log = new TurnLog(_local.Limits.LogEvents, _local.Limits.LogBytes);
            StoredLog.Fill(log, turn, await _store.ReadEventsAsync(turn.Turn, cursor, cancellationToken));
            log.Move();
            return log.Open(turn.Session.Session, turn.Turn, cursor, interest);
        }

        var (where, session) = await _loading.LoadAsync(turn.Session, cancellationToken);
        if (where == Whereabouts.NoRoom)
        {
            throw new StorageUnavailableException(StorageFault.Busy, "There are as many sessions in memory as may be, all of them busy.");
        }

        var found = _local.Find(turn.Session.Tenant, turn.Turn);
        if (found is null && session?.TryForgetIdle() == true)
        {
            // It was kept, and the answer lost on the way: what is in memory took it back, and does not know it. What is loaded anew does.
            _local.Remove(session);
        }

        return found?.Open(cursor, interest);
    }

    private async ValueTask<(IKnownTurn? Here, StoredTurn? Stored)> FindAnywhereAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        var here = _local.Find(tenant, turn, out var isHidden);
        return (here, here is not null || isHidden ? null : await _store.FindTurnAsync(tenant, turn, cancellationToken));
    }

    private async ValueTask<bool> TakeOverIfLeftAsync(SessionKey session, SessionHolder holder, CancellationToken cancellationToken)
    {
        if (holder == SessionHolder.Another || _local.Stopping)
        {
            return false;
        }

        await TakeOverAsync(session, cancellationToken);
        return true;
    }

    private static StorageUnavailableException HeldElsewhere() => new(StorageFault.Busy, "Another process still holds the session.");

    private async Task TakeOverAsync(SessionKey session, CancellationToken cancellationToken) => await _loading.LoadAsync(session, cancellationToken);

    // One that is damaged stays as it is, which whoever asks for it is told: those behind it do not wait for that.
    private async Task<bool> TakeOverIfWholeAsync(SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            await TakeOverAsync(session, cancellationToken);
            return true;
        }
        catch (StorageUnavailableException e) when (e.Fault == StorageFault.Corrupt)
        {
            return false;
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<SessionKey> left;
            bool isAnyTaken;
            do
            {
                left = _local.Stopping ? [] : await _store.FindAbandonedAsync(TakenAtOnce, cancellationToken);
                isAnyTaken = false;
                foreach (var session in left)
                {
                    isAnyTaken |= await TakeOverIfWholeAsync(session, cancellationToken);
                }
            }
            while (isAnyTaken && left.Count == TakenAtOnce);
        }
        catch (StorageUnavailableException)
        {
            // Looked for again at the next time, or when somebody asks for one of them.
            _nextSweep = _local.Pulse.After(SweepPeriod);
        }
    }
}
