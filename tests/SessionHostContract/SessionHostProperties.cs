using Sluice.TestKit;

namespace Sluice.Contracts;

/// <summary>So many random interleavings as a host that is quick to start can afford.</summary>
public abstract class SessionHostProperties : SessionInterleavings
{
    [ContractTheory]
    [MemberData(nameof(Seeds), 60)]
    public Task Any_order_of_steps_keeps_the_rules(int seed) => RunStepsAsync(seed);

    [ContractTheory]
    [MemberData(nameof(Seeds), 8)]
    public Task Any_race_keeps_the_rules(int seed) => RunRaceAsync(seed);
}
