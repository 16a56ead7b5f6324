using Sluice.Core.Callers;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Grains.Tests;

/// <summary>A front end whose sessions are placed in another silo than its own: all that is read of them comes over their streams.</summary>
internal sealed class Elsewhere(ISessionHost front, SiloAddress there) : ISessionHost
{
    public int LiveTurns => front.LiveTurns;

    public int SessionCount => front.SessionCount;

    public long RememberedBytes => front.RememberedBytes;

    private ISessionHost Front
    {
        get
        {
            RequestContext.Set(Orleans.Runtime.Placement.IPlacementDirector.PlacementHintKey, there);
            return front;
        }
    }

    public ValueTask<Admission> StartAsync(TurnRequest request, ReadInterest interest, CancellationToken cancellationToken) =>
        Front.StartAsync(request, interest, cancellationToken);

    public ValueTask<ITurnReader?> FollowAsync(TenantId tenant, Cursor cursor, ReadInterest interest, CancellationToken cancellationToken) =>
        Front.FollowAsync(tenant, cursor, interest, cancellationToken);

    public ValueTask<TurnSnapshot?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) => Front.FindTurnAsync(tenant, turn, cancellationToken);

    public ValueTask<SessionSnapshot?> FindSessionAsync(SessionKey session, CancellationToken cancellationToken) => Front.FindSessionAsync(session, cancellationToken);

    public ValueTask<TurnSnapshot?> CancelAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) => Front.CancelAsync(tenant, turn, cancellationToken);

    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) => Front.ForgetAsync(session, cancellationToken);

    public Task DrainAsync(CancellationToken deadline) => front.DrainAsync(deadline);

    public ValueTask DisposeAsync() => front.DisposeAsync();
}
