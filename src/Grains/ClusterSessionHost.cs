using Sluice.Core.Callers;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Grains;

/// <summary>
/// Sessions on an Orleans cluster, as a front end sees them. A request goes to the session's grain, wherever that is; its turn is read here if it runs in this silo, else over its stream. What has
/// ended is read from the store.
/// </summary>
internal sealed class ClusterSessionHost : ISessionHost
{
    /// <summary>A cluster that loses a silo finds that out, and places its sessions again, in less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private readonly StoredSessionHost _here;
    private readonly ISessionStore _store;
    private readonly SessionLimits _limits;
    private readonly ITurnObserver _observer;
    private readonly IGrainFactory _grains;
    private readonly FollowedTurns _followed;
    private readonly KeptReaders _kept;
    private readonly TimeProvider _time;
    private readonly SiloAddress? _silo;

    /// <param name="here">The sessions of this silo; in a process that is none, it reads the store.</param>
    /// <param name="store">What the cluster shares.</param>
    /// <param name="limits">For what is told of a session.</param>
    /// <param name="observer">Told of what is refused here.</param>
    /// <param name="grains">The cluster.</param>
    /// <param name="followed">The turns of other silos that are read here.</param>
    /// <param name="kept">The readers this silo keeps for a moment.</param>
    /// <param name="time">The cluster's clock.</param>
    /// <param name="silo">This process; null: it is no silo.</param>
    public ClusterSessionHost(
        StoredSessionHost here,
        ISessionStore store,
        SessionLimits limits,
        ITurnObserver observer,
        IGrainFactory grains,
        FollowedTurns followed,
        KeptReaders kept,
        TimeProvider time,
        ILocalSiloDetails? silo = null)
    {
        (_here, _store, _limits, _observer, _grains) = (here, store, limits, observer, grains);
        (_followed, _kept, _time, _silo) = (followed, kept, time, silo?.SiloAddress);
    }

    public int LiveTurns => _here.LiveTurns;

    public int SessionCount => _here.SessionCount;

    public long RememberedBytes => _here.RememberedBytes;

    public async ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        var session = new SessionKey(request.Caller.Tenant, request.Session);
        if (_here.IsStopping && !_here.Has(session))
        {
            return await AttachOnlyAsync(session, request, interest, cancellationToken);
        }

        var turn = TurnId.New();
        var begun = _time.GetTimestamp();
        for (var wait = FirstWait; ; wait = Longer(wait))
        {
            Refusal refusal;
            try
            {
                var reply = await GrainOf(session).StartAsync(request, turn, isRepeated: wait != FirstWait).WaitAsync(cancellationToken);
                if (reply.Refusal == Refusal.None && await OpenAsync(session, reply.Turn, reply.Silo, cursor: 0, interest, cancellationToken) is { } reader)
                {
                    return Admission.Granted(reader, reply.Attached);
                }

                refusal = reply.Refusal;
                if (!MayPass(refusal))
                {
                    return Admission.Refused(refusal, reply.Shortage);
                }
            }
            catch (Exception e) when (Transient.Is(e))
            {
                // Whether it was accepted is not known; asked again with the same number, it is not accepted twice.
                refusal = Refusal.StorageUnavailable;
            }

            if (_time.GetElapsedTime(begun) >= Patience)
            {
                _observer.Refused(request, refusal);
                return Admission.Refused(refusal);
            }

            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    public async ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (_here.Has(tenant, cursor.Turn))
        {
            return await _here.FollowAsync(tenant, cursor, interest, cancellationToken);
        }

        if (await _store.FindTurnAsync(tenant, cursor.Turn, cancellationToken) is not { } stored)
        {
            return null;
        }

        if (stored.End is null && _here.IsStopping)
        {
            return Moved(stored.Session, cursor, interest);
        }

        return stored.End is not null
            ? await _here.FollowAsync(tenant, cursor, interest, cancellationToken)
            : await AskAsync(() => FollowLiveAsync(stored.Session, cursor, interest, cancellationToken), cancellationToken);
    }

    public async ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        if (_here.Has(tenant, turn))
        {
            return await _here.FindTurnAsync(tenant, turn, cancellationToken);
        }

        var stored = await _store.FindTurnAsync(tenant, turn, cancellationToken);
        if (stored is { End: null, Holder: SessionHolder.Nobody })
        {
            await WakeAsync(stored.Session, cancellationToken);
            stored = await _store.FindTurnAsync(tenant, turn, cancellationToken);
        }

        return stored?.Snapshot();
    }

    public async ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken)
    {
        if (_here.Has(session))
        {
            return await _here.FindSessionAsync(session, cancellationToken);
        }

        var stored = await _store.FindSessionAsync(session, _limits.RememberedTurns, cancellationToken);
        if (stored is { IsUnfinished: true, Holder: SessionHolder.Nobody })
        {
            await WakeAsync(session, cancellationToken);
            stored = await _store.FindSessionAsync(session, _limits.RememberedTurns, cancellationToken);
        }

        return stored is null ? null : new SessionSnapshot
        {
            Session = session.Session,
            UserId = stored.UserId,
            EngineSessions = stored.EngineSessions,
            CreatedAt = stored.CreatedAt,
            LastActivityAt = stored.LastActivityAt,
            Turns = [.. stored.Turns.Select(turn => turn.Snapshot())],
        };
    }

    public async ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        if (await _store.FindTurnAsync(tenant, turn, cancellationToken) is not { } stored)
        {
            return null;
        }

        if (stored.End is null)
        {
            await AskAsync(
                async () =>
                {
                    await GrainOf(stored.Session).CancelAsync(turn).WaitAsync(cancellationToken);
                    return true;
                },
                cancellationToken);
        }

        return await FindTurnAsync(tenant, turn, cancellationToken);
    }

    public async ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) =>
        await AskAsync(() => GrainOf(session).ForgetAsync().WaitAsync(cancellationToken), cancellationToken);

    public async Task DrainAsync(CancellationToken deadline)
    {
        await Task.WhenAll(_here.DrainAsync(deadline), _followed.EndedAsync(deadline));

        // Whoever still follows a turn of another silo here is told to go on elsewhere, as those are whose turn was here.
        await _followed.LeaveAsync();
    }

    /// <summary>The sessions of this silo, and the turns of others, have owners of their own.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // The grain of a session that is nowhere would be placed in this silo, which stops.
    private async ValueTask<Admission> AttachOnlyAsync(SessionKey session, TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey is { } key
            && await _store.FindTurnAsync(session, request.Caller.Subject, key, cancellationToken) is { } known
            && string.Equals(known.Key?.Fingerprint, request.Fingerprint, StringComparison.Ordinal)
            && await FollowAsync(session.Tenant, new Cursor(known.Turn, 0), interest, cancellationToken) is { } reader)
        {
            return Admission.Granted(reader, attached: true);
        }

        _observer.Refused(request, Refusal.Stopping);
        return Admission.Refused(Refusal.Stopping);
    }

    // It is found from another node.
    private ITurnReader Moved(SessionKey session, Cursor cursor, ReadInterest interest)
    {
        var copy = new TurnCopy(session.Session, cursor.Turn, _limits);
        copy.Move();
        return copy.Open(cursor.Sequence, interest);
    }

    private static TimeSpan Longer(TimeSpan wait) => wait * 2 < LongestWait ? wait * 2 : LongestWait;

    // A silo that stops lets go of the session; one that is gone is found out, and what it held is taken.
    private bool MayPass(Refusal refusal) => refusal is Refusal.None or Refusal.StorageUnavailable || (refusal == Refusal.Stopping && !_here.IsStopping);

    private ISessionGrain GrainOf(SessionKey session) => _grains.GetGrain<ISessionGrain>(SessionName.Of(session));

    private async Task<ITurnReader?> FollowLiveAsync(SessionKey session, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken) =>
        await GrainOf(session).FindAsync(cursor.Turn, cursor.Sequence).WaitAsync(cancellationToken) is { } silo
            ? await OpenAsync(session, cursor.Turn, silo, cursor.Sequence, interest, cancellationToken)
            : null;

    // Null: it was here a moment ago.
    private async Task<ITurnReader?> OpenAsync(SessionKey session, TurnId turn, SiloAddress? at, long cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        if (_silo is null || !_silo.Equals(at))
        {
            return await _followed.OpenAsync(session, turn, cursor, interest);
        }

        var reader = await _here.FollowAsync(session.Tenant, new Cursor(turn, cursor), interest, cancellationToken);
        if (_kept.Take(turn) is { } placeholder)
        {
            await placeholder.DisposeAsync();
        }

        return reader;
    }

    private Task WakeAsync(SessionKey session, CancellationToken cancellationToken) => AskAsync(
        async () =>
        {
            await GrainOf(session).WakeAsync().WaitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    // Asked twice is as good as once.
    private async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        var begun = _time.GetTimestamp();
        for (var wait = FirstWait; ; wait = Longer(wait))
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (Transient.Is(e) && _time.GetElapsedTime(begun) < Patience)
            {
                await Task.Delay(wait, _time, cancellationToken);
            }
            catch (OrleansException unreachable)
            {
                throw new StorageUnavailableException(StorageFault.Unreachable, "The session cannot be reached in the cluster.", unreachable);
            }
            catch (TimeoutException unreachable)
            {
                throw new StorageUnavailableException(StorageFault.Unreachable, "The session does not answer.", unreachable);
            }
        }
    }
}
