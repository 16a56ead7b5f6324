using Sluice.Api.Endpoints;
using Sluice.Core.Storage;
using Sluice.Core.Time;

namespace Sluice.Api.Hosting;

/// <summary>
/// A node that cannot reach what it shares with others can start nothing, while those that can reach it do. It is alive all the same: starting it anew would not help.
/// </summary>
internal sealed class StoreInReach : Pulsed, IReadiness
{
    /// <summary>A connection that is made again at once is no reason to send requests elsewhere.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly ISessionStore _store;
    private readonly Pulse _pulse;
    private long _notReadyFrom = long.MaxValue;

    public StoreInReach(ISessionStore store, Pulse pulse)
    {
        (_store, _pulse) = (store, pulse);
        pulse.Add(this);
    }

    public string? WhyNot => _pulse.Time.GetTimestamp() >= Volatile.Read(ref _notReadyFrom) ? "PostgreSQL cannot be reached: no turn can be stored." : null;

    protected override void OnPulse(long now)
    {
        if (_store.IsHolding)
        {
            Volatile.Write(ref _notReadyFrom, long.MaxValue);
        }
        else if (Volatile.Read(ref _notReadyFrom) == long.MaxValue)
        {
            Volatile.Write(ref _notReadyFrom, _pulse.After(Moment));
        }
    }
}
