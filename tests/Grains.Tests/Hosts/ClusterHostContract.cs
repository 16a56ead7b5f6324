using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;

namespace Sluice.Grains.Tests.Hosts;

/// <summary>The front end's silo has the sessions.</summary>
public sealed class CoHostedContract : SessionHostContract
{
    protected override bool HasStore => true;

    protected override async Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        await TestSilos.StartAsync(engine, limits, time, observer);
}

/// <summary>Another silo has the sessions: events come over streams.</summary>
public sealed class AcrossSilosContract : SessionHostContract
{
    protected override bool HasStore => true;

    protected override async Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        new Across(await TestSilos.StartAsync(engine, limits, time, observer));
}

/// <summary>Random interleavings, with the sessions in another silo: fewer than elsewhere, for each has a cluster of its own.</summary>
public sealed class AcrossSilosProperties : SessionInterleavings
{
    [Theory]
    [MemberData(nameof(Seeds), 10)]
    public Task Any_order_of_steps_keeps_the_rules(int seed) => RunStepsAsync(seed);

    [Theory]
    [MemberData(nameof(Seeds), 4)]
    public Task Any_race_keeps_the_rules(int seed) => RunRaceAsync(seed);

    protected override async Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        new Across(await TestSilos.StartAsync(engine, limits, time, observer));
}

internal sealed class Across(TestSilos silos) : IHostUnderTest
{
    public ISessionHost Host { get; } = silos.Across(from: 0, to: 1);

    public Task DrainAsync(CancellationToken deadline) => silos.DrainAsync(deadline);

    public ValueTask DisposeAsync() => silos.DisposeAsync();
}
