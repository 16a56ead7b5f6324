using Sluice.ProcessesKit.Clusters;
using Sluice.ProcessesKit.Scenarios;
using Xunit.Abstractions;

namespace Sluice.Processes.Tests.Scenarios;

/// <summary>Nodes that know nothing of each other. The lock of one that does nothing any more holds for five seconds (<c>Sluice:Replicas:Lease</c>).</summary>
[Collection(Alone.Name)]
public sealed class ReplicasTests(ITestOutputHelper output)
    : ClusterScenarios(output, "replicas", () => Cluster.ReplicasAsync(nodes: 3), longerThanItIsMissed: TimeSpan.FromSeconds(8), endsWhenGivenUp: false);
