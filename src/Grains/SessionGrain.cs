using Orleans.Concurrency;
using Orleans.Placement;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.Grains.Streams;

namespace Sluice.Grains;

/// <summary>
/// The one place in the cluster where a session is. The session itself is in the silo's host, with the same code, bounds and store as in any other: the grain says which silo's. That there is
/// one activation at a time is Orleans' word; that a second one cannot write is the store's, by the session's epoch.
/// </summary>
/// <remarks>
/// Calls interleave, for a session decides under its own lock, and run beside the activation: turns go on for minutes, and neither they nor their readers may wait for its queue.
/// </remarks>
[Reentrant, PreferLocalPlacement, GrainType("session")]
internal sealed class SessionGrain(StoredSessionHost here, KeptReaders kept, TurnPumps pumps, ILocalSiloDetails silo) : Grain, ISessionGrain
{
    /// <summary>Shorter than the shortest time after which an activation without calls is collected.</summary>
    private static readonly TimeSpan BusyCheck = TimeSpan.FromSeconds(20);

    private SessionKey _session;
    private IGrainTimer? _staying;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _session = SessionName.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    /// <summary>Collected, moved or shut down: what still runs is handed over by its cursor.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        await Task.Run(() => here.LetGoAsync(_session, cancellationToken), CancellationToken.None);

    public async Task<StartReply> StartAsync(TurnRequest request, TurnId turn, bool isRepeated)
    {
        if (isRepeated && await OpenAsync(new Cursor(turn, 0), ReadInterest.TheEnd) is { } earlier)
        {
            return Kept(earlier, attached: false);
        }

        var admission = await Task.Run(() => here.StartAsync(request, ReadInterest.TheEnd, turn, CancellationToken.None).AsTask());
        if (admission.Reader is { } reader)
        {
            return Kept(reader, admission.Attached);
        }

        _ = LeavesStoppingSilo();
        return new StartReply { Refusal = admission.Refusal, Shortage = admission.Shortage };
    }

    public async Task<SiloAddress?> FindAsync(TurnId turn, long cursor)
    {
        if (await OpenAsync(new Cursor(turn, cursor), ReadInterest.TheEnd) is not { } reader)
        {
            return null;
        }

        // It is not alone between this and the reading that follows.
        kept.Keep(reader);
        Stay();
        return silo.SiloAddress;
    }

    public async Task<bool> SubscribeAsync(TurnId turn, long after, Guid subscription, ITurnReceiver receiver)
    {
        if (await OpenAsync(new Cursor(turn, after), ReadInterest.EveryEvent) is not { } reader)
        {
            return false;
        }

        pumps.Start(subscription, reader, receiver);
        if (kept.Take(turn) is { } placeholder)
        {
            await placeholder.DisposeAsync();
        }

        Stay();
        return true;
    }

    public Task UnsubscribeAsync(Guid subscription) => pumps.StopAsync(subscription);

    public Task CancelAsync(TurnId turn) => Task.Run(() => here.CancelAsync(_session.Tenant, turn, CancellationToken.None).AsTask());

    public Task<bool> ForgetAsync() => Task.Run(() => here.ForgetAsync(_session, CancellationToken.None).AsTask());

    public async Task WakeAsync()
    {
        if (LeavesStoppingSilo())
        {
            return;
        }

        await Task.Run(() => here.WakeAsync(_session, CancellationToken.None));
        Stay();
    }

    private Task<ITurnReader?> OpenAsync(Cursor cursor, ReadInterest interest) =>
        LeavesStoppingSilo()
            ? throw new StorageUnavailableException(StorageFault.Busy, "The silo stops, and the session is elsewhere.")
            : Task.Run(() => here.FollowAsync(_session.Tenant, cursor, interest, CancellationToken.None).AsTask());

    // What is asked here again goes to another silo.
    private bool LeavesStoppingSilo()
    {
        var leaves = here.IsStopping && !here.Has(_session);
        if (leaves)
        {
            DeactivateOnIdle();
        }

        return leaves;
    }

    private StartReply Kept(ITurnReader reader, bool attached)
    {
        kept.Keep(reader);
        Stay();
        return new StartReply { Turn = reader.Turn, Attached = attached, Silo = silo.SiloAddress };
    }

    // A turn needs no calls: without this, its activation would be collected under it.
    private void Stay() =>
        _staying ??= this.RegisterGrainTimer(LeaveIfIdleAsync, new GrainTimerCreationOptions { DueTime = BusyCheck, Period = BusyCheck, KeepAlive = true });

    private Task LeaveIfIdleAsync()
    {
        if (!here.IsBusy(_session))
        {
            _staying?.Dispose();
            _staying = null;
        }

        return Task.CompletedTask;
    }
}
