using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Sluice.ProcessesKit.Scenarios;
using Xunit.Abstractions;

namespace Sluice.Processes.Tests.Scenarios;

/// <summary>One node and a file.</summary>
[Collection(Alone.Name)]
public sealed class SingleNodeTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_node_killed_and_started_again_has_every_finished_turn_and_finishes_the_others()
    {
        await using var cluster = await Cluster.EmbeddedAsync();
        var node = cluster.Nodes[0];
        var crowd = await Crowd.GatherAsync(cluster.Addresses, "single");
        await Task.Delay(TimeSpan.FromSeconds(2));

        var killed = Disturbance.Now("killed", node: 0);
        await node.KillAsync();
        await node.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(3));

        var outcome = await Outcome.OfAsync("single", cluster, await crowd.LeaveAsync());
        outcome.Tell(output, killed);
        outcome.ShouldBeSound();
        outcome.ShouldHaveCompletedAll();
    }

    [Fact]
    public async Task Clients_cut_off_again_and_again_miss_nothing()
    {
        await using var cluster = await Cluster.EmbeddedAsync();
        await using var link = new Link(cluster.Nodes[0].Address.Port);
        var crowd = await Crowd.GatherAsync([new Uri($"http://127.0.0.1:{link.Port}")], "cut");

        var cuts = new List<Disturbance>();
        for (var number = 1; number <= 4; number++)
        {
            cuts.Add(Disturbance.Now($"cut {number}", node: 0));
            link.Cut();
            link.Heal();
            await Task.Delay(TimeSpan.FromSeconds(1));
        }

        cuts.Add(Disturbance.Now("silent for 4 s", node: 0));
        link.Silence();
        await Task.Delay(TimeSpan.FromSeconds(4));
        link.Heal();

        var outcome = await Outcome.OfAsync("cut", cluster, await crowd.LeaveAsync());
        outcome.Tell(output, cuts);
        outcome.ShouldBeSound();
        outcome.ShouldHaveCompletedAll();
        outcome.Interruptions.ShouldBeGreaterThan(4 * Crowd.Size);
        outcome.ReadersToldOfGaps.ShouldBe(0);
    }
}
