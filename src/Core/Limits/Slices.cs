using Sluice.Core.Storage;
using Sluice.Core.Time;

namespace Sluice.Core.Limits;

/// <summary>The slices that this process has of quotas it shares: asks for them, and gives back what is not used.</summary>
internal sealed class Slices : Pulsed, IAsyncDisposable
{
    /// <summary>A store that does not answer in this time counts as away: requests wait for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan UnusedFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgettingPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly HashSet<LeasedBucket> _held = [];
    private readonly IQuotaLeases _leases;
    private readonly Pulse _pulse;
    private readonly Recurring _keeping;
    private long _nextLook;
    private long _nextForgetting;
    private int _isDisposed;

    public Slices(IQuotaLeases leases, WhenUnavailable whenUnavailable, Pulse pulse, Action<Exception> defect)
    {
        (_leases, WhenUnavailable, _pulse) = (leases, whenUnavailable, pulse);
        _keeping = new Recurring(KeepAsync, defect);
        _nextForgetting = pulse.After(ForgettingPeriod);
        pulse.Add(this);
    }

    public WhenUnavailable WhenUnavailable { get; }

    /// <inheritdoc cref="IQuotaLeases.AreShared"/>
    public bool AreShared => _leases.AreShared;

    public void Keep(LeasedBucket bucket)
    {
        lock (_gate)
        {
            _held.Add(bucket);
        }
    }

    public void Drop(LeasedBucket bucket)
    {
        lock (_gate)
        {
            _held.Remove(bucket);
        }
    }

    /// <exception cref="StorageUnavailableException">It cannot be asked, or does not answer in time.</exception>
    public async Task<Lease> LeaseAsync(LeaseRequest request)
    {
        using var patience = new CancellationTokenSource(Patience, _pulse.Time);
        try
        {
            return await _leases.LeaseAsync(request, patience.Token);
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested)
        {
            throw new StorageUnavailableException(StorageFault.Unreachable, "The limits' store did not answer in time.", e);
        }
    }

    /// <summary>Gives everything back that is not used for so long.</summary>
    public Task GiveBackAsync(TimeSpan unusedFor)
    {
        LeasedBucket[] held;
        lock (_gate)
        {
            held = [.. _held];
        }

        return Task.WhenAll(held.Select(bucket => bucket.GiveBackAsync(unusedFor)));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _pulse.Remove(this);
        await _keeping.DisposeAsync();

        // What is being asked for just now comes first.
        await GiveBackAsync(TimeSpan.Zero);
        await GiveBackAsync(TimeSpan.Zero);
    }

    protected internal override void OnPulse(long now)
    {
        if (now >= _nextLook)
        {
            _nextLook = _pulse.After(Period);
            _keeping.Ask();
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        await GiveBackAsync(UnusedFor).WaitAsync(cancellationToken);
        if (_pulse.Time.GetTimestamp() < _nextForgetting)
        {
            return;
        }

        _nextForgetting = _pulse.After(ForgettingPeriod);
        try
        {
            await _leases.ForgetAsync(cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // There is another minute.
        }
    }
}
