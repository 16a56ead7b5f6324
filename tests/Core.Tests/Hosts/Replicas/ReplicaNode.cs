using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Hosts.Replicas;

/// <summary>One of the nodes on a shared store, with an engine of its own.</summary>
internal sealed class ReplicaNode : IHostUnderTest
{
    private readonly Pulse _pulse;

    private ReplicaNode(SharedStore.Node store, StoredSessionHost host, Pulse pulse) => (Store, Host, _pulse) = (store, host, pulse);

    public SharedStore.Node Store { get; }

    public ISessionHost Host { get; }

    // Alone, nobody else uses the store: it looks once for what was left behind.
    public static ReplicaNode Start(SharedStore shared, IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer, bool isAlone = false)
    {
        var store = shared.Join();
        var pulse = new Pulse(time);
        var journal = new SessionJournal(store, time, patience: TimeSpan.FromSeconds(30));
        return new ReplicaNode(store, new StoredSessionHost(engine, limits, pulse, observer, journal, isAlone ? null : store), pulse);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _pulse.Dispose();
    }
}
