using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>Sessions in this process's memory alone: a restart forgets them.</summary>
public sealed class EmbeddedSessionHost : ISessionHost
{
    private readonly LocalSessions _local;

    /// <param name="engine">Runs the turns.</param>
    /// <param name="limits">Bounds of what is in memory.</param>
    /// <param name="pulse">The clock.</param>
    /// <param name="observer">Told of every turn.</param>
    /// <param name="callerLimits">How much callers may have; null: as much as they like.</param>
    public EmbeddedSessionHost(IEngine engine, SessionLimits limits, Pulse pulse, ITurnObserver observer, CallerLimits? callerLimits = null) =>
        _local = new LocalSessions(engine, limits, pulse, observer, journal: null, callerLimits);

    /// <inheritdoc/>
    public int LiveTurns => _local.LiveTurns;

    /// <inheritdoc/>
    public int SessionCount => _local.SessionCount;

    /// <inheritdoc/>
    public long RememberedBytes => _local.Slabs.Bytes;

    /// <inheritdoc/>
    public ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken) =>
        _local.CallerLimits is { LimitsTurns: true } ? StartWithinLimitsAsync(request, interest, cancellationToken) : new(Start(request, interest));

    /// <inheritdoc/>
    public ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken) =>
        new(_local.Find(tenant, cursor.Turn) is { } turn && cursor.Sequence <= turn.LastSequence ? turn.Open(cursor.Sequence, interest) : null);

    /// <inheritdoc/>
    public ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
        new(_local.Find(tenant, turn) is { } found ? found.Owner.SnapshotOf(found) : null);

    /// <inheritdoc/>
    public ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken) => new(_local.Find(session)?.Snapshot());

    /// <inheritdoc/>
    public ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken)
    {
        var found = _local.Find(tenant, turn);
        if (found is Turn live)
        {
            live.Owner.Cancel(live, CancelReason.Requested);
        }

        return new(found?.Owner.SnapshotOf(found));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) => new(_local.Forget(session).WasHere);

    /// <inheritdoc/>
    public async Task DrainAsync(CancellationToken deadline)
    {
        if (!await _local.StopAsync(deadline))
        {
            // There is nobody to hand them over to.
            await _local.CancelAllAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(new CancellationToken(canceled: true));
        _local.Pulse.Remove(_local);
    }

    private async ValueTask<Admission> StartWithinLimitsAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken)
    {
        var key = new SessionKey(request.Caller.Tenant, request.Session);
        while (_local.Enter(key, () => new Session(key, _local)) is { } session)
        {
            if (await session.AdmitAsync(request, interest, id: null, cameByLetter: false, cancellationToken) is { } admission)
            {
                return admission;
            }

            _local.Remove(session);
        }

        return _local.Refuse(request, Refusal.TooManySessions);
    }

    private Admission Start(TurnRequest request, ReadInterest interest)
    {
        var key = new SessionKey(request.Caller.Tenant, request.Session);
        while (true)
        {
            if (_local.Enter(key, () => new Session(key, _local)) is not { } session)
            {
                return _local.Refuse(request, Refusal.TooManySessions);
            }

            if (session.TryAdmit(request, interest, out var admission))
            {
                return admission;
            }

            _local.Remove(session);
        }
    }
}
