using Sluice.ProcessesKit.Clusters;
using Sluice.ProcessesKit.Scenarios;
using Xunit.Abstractions;

namespace Sluice.Silo.Tests.Scenarios;

/// <summary>Silos of one cluster. The lock of one that does nothing any more holds for five seconds, and the others give it up after six.</summary>
[Collection(Alone.Name)]
public sealed class SilosTests(ITestOutputHelper output)
    : ClusterScenarios(output, "silos", () => Cluster.SilosAsync(nodes: 3), longerThanItIsMissed: TimeSpan.FromSeconds(10), endsWhenGivenUp: true);
