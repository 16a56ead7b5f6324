using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Hosts.Replicas;

public sealed class ReplicaHostContract : SessionHostContract
{
    protected override bool HasStore => true;

    protected override Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        Task.FromResult<IHostUnderTest>(ReplicaNode.Start(new SharedStore(), engine, limits, time, observer));
}

public sealed class ReplicaHostProperties : SessionHostProperties
{
    protected override Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        Task.FromResult<IHostUnderTest>(ReplicaNode.Start(new SharedStore(), engine, limits, time, observer));
}
