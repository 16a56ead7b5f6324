using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Time;

namespace Sluice.Core.Tests.Hosts;

public sealed class EmbeddedSessionHostContract : SessionHostContract
{
    protected override Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        EmbeddedHostUnderTest.StartAsync(engine, limits, time, observer);
}

public sealed class EmbeddedSessionHostProperties : SessionHostProperties
{
    protected override Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        EmbeddedHostUnderTest.StartAsync(engine, limits, time, observer);
}

internal sealed class EmbeddedHostUnderTest(EmbeddedSessionHost host, Pulse pulse) : IHostUnderTest
{
    public ISessionHost Host => host;

    public static Task<IHostUnderTest> StartAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer)
    {
        var pulse = new Pulse(time);
        return Task.FromResult<IHostUnderTest>(new EmbeddedHostUnderTest(new EmbeddedSessionHost(engine, limits, pulse, observer), pulse));
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        pulse.Dispose();
    }
}
