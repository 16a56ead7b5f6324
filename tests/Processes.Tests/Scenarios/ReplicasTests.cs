using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Sluice.ProcessesKit.Scenarios;
using Xunit.Abstractions;

namespace Sluice.Processes.Tests.Scenarios;

/// <summary>Three nodes over one PostgreSQL, two hundred live streams, and whatever can happen to a node, to the network or to the database.</summary>
[Collection(Alone.Name)]
public sealed class ReplicasTests(ITestOutputHelper output)
{
    // For new turns to be under way, before and after.
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(2);

    // The lock of a node that does nothing any more holds for five seconds (Sluice:Replicas:Lease); a client that hears nothing for three seconds looks elsewhere.
    private static readonly TimeSpan LongerThanTheLease = TimeSpan.FromSeconds(8);

    [PostgresFact]
    public async Task A_node_killed_under_load_costs_no_turn_and_no_event() => await RunAsync("killed", async cluster =>
    {
        var killed = Disturbance.Now("node 0 killed (SIGKILL)", node: 0);
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(LongerThanTheLease);
        await cluster.Nodes[0].StartAsync();
        return [killed];
    });

    [PostgresFact]
    public async Task A_node_drained_under_load_hands_its_turns_over()
    {
        var outcome = await RunAsync("drained", async cluster =>
        {
            var drained = Disturbance.Now("node 0 drained (SIGTERM, 2 s)", node: 0);
            await cluster.Nodes[0].TerminateAsync();
            await Task.Delay(AWhile);
            await cluster.Nodes[0].StartAsync();
            return [drained];
        });
        outcome.ShouldHaveCompletedAll();
    }

    [PostgresFact]
    public async Task A_node_stopped_for_longer_than_its_lock_does_no_harm_when_it_goes_on() => await RunAsync("frozen", async cluster =>
    {
        var frozen = Disturbance.Now("node 0 stopped for 8 s (SIGSTOP)", node: 0);
        cluster.Nodes[0].Freeze();
        await Task.Delay(LongerThanTheLease);
        cluster.Nodes[0].Thaw();
        await cluster.Nodes[0].ReadyAsync();
        return [frozen];
    });

    [PostgresFact(own: true)]
    public async Task PostgreSQL_restarted_under_streams_costs_no_turn_and_no_event() => await RunAsync("restarted", async cluster =>
    {
        var restarted = Disturbance.Now("PostgreSQL restarted (fast)", node: 0);
        await cluster.Postgres!.RestartAsync();
        await Task.Delay(AWhile);
        return [restarted];
    });

    [PostgresFact]
    public async Task A_node_cut_off_from_PostgreSQL_gives_its_turns_away_and_comes_back() => await RunAsync("cut off", async cluster =>
    {
        var cut = Disturbance.Now("node 0 cut off from PostgreSQL for 8 s (closed)", node: 0);
        cluster.Links[0].Cut();
        await Task.Delay(LongerThanTheLease);
        cluster.Links[0].Heal();
        await cluster.Nodes[0].ReadyAsync();
        return [cut];
    });

    [PostgresFact]
    public async Task A_node_that_hears_nothing_of_PostgreSQL_gives_its_turns_away_and_comes_back() => await RunAsync("silenced", async cluster =>
    {
        var silenced = Disturbance.Now("node 0 cut off from PostgreSQL for 8 s (silent)", node: 0);
        cluster.Links[0].Silence();
        await Task.Delay(LongerThanTheLease);
        cluster.Links[0].Heal();
        await cluster.Nodes[0].ReadyAsync();
        return [silenced];
    });

    [PostgresFact]
    public async Task All_nodes_restarted_one_after_the_other_under_load_complete_every_turn()
    {
        var outcome = await RunAsync("rolled", async cluster =>
        {
            var restarts = new List<Disturbance>();
            foreach (var node in cluster.Nodes)
            {
                restarts.Add(Disturbance.Now($"node {node.Number} restarted (SIGTERM, 2 s)", node.Number));
                await node.TerminateAsync();
                await node.StartAsync();
                await Task.Delay(AWhile);
            }

            return restarts;
        });
        outcome.ShouldHaveCompletedAll();
    }

    [PostgresFact(own: true)]
    public async Task Everything_in_one_run() => await RunAsync("everything", async cluster =>
    {
        var all = new List<Disturbance> { Disturbance.Now("node 0 killed (SIGKILL)", node: 0) };
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(AWhile);
        await cluster.Nodes[0].StartAsync();

        all.Add(Disturbance.Now("node 1 cut off from PostgreSQL for 2 s (closed)", node: 1));
        cluster.Links[1].Cut();
        await Task.Delay(AWhile);
        cluster.Links[1].Heal();

        all.Add(Disturbance.Now("node 2 drained (SIGTERM, 2 s)", node: 2));
        await cluster.Nodes[2].TerminateAsync();
        await cluster.Nodes[2].StartAsync();

        all.Add(Disturbance.Now("node 1 stopped for 8 s (SIGSTOP), PostgreSQL restarted meanwhile", node: 1));
        cluster.Nodes[1].Freeze();
        await Task.Delay(AWhile);
        await cluster.Postgres!.RestartAsync();
        await Task.Delay(LongerThanTheLease - AWhile);
        cluster.Nodes[1].Thaw();

        all.Add(Disturbance.Now("node 0 cut off from PostgreSQL for 8 s (silent)", node: 0));
        cluster.Links[0].Silence();
        await Task.Delay(LongerThanTheLease);
        cluster.Links[0].Heal();

        await Task.WhenAll(cluster.Nodes.Select(node => node.ReadyAsync()));
        return all;
    });

    private async Task<Outcome> RunAsync(string name, Func<Cluster, Task<IReadOnlyList<Disturbance>>> disturb)
    {
        await using var cluster = await Cluster.ReplicasAsync(nodes: 3);
        var crowd = await Crowd.GatherAsync(cluster.Addresses, name.Replace(' ', '-'));
        await Task.Delay(AWhile);
        var disturbances = await disturb(cluster);
        await Task.Delay(AWhile);
        var outcome = await Outcome.OfAsync(name, cluster, await crowd.LeaveAsync());
        outcome.Tell(output, disturbances);
        outcome.ShouldBeSound();
        return outcome;
    }
}
