using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Sluice.ProcessesKit.Scenarios;
using Xunit.Abstractions;

namespace Sluice.Silo.Tests.Scenarios;

/// <summary>Three silos over one PostgreSQL, two hundred live streams on all of them, and what can happen to a silo or to the database.</summary>
[Collection(Alone.Name)]
public sealed class SilosTests(ITestOutputHelper output)
{
    // For new turns to be under way, before and after.
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(2);

    // The cluster misses three signs of life, and the lock in PostgreSQL holds for five seconds.
    private static readonly TimeSpan LongerThanItIsMissed = TimeSpan.FromSeconds(10);

    [PostgresFact]
    public async Task A_silo_killed_under_load_costs_no_turn_and_no_event() => await RunAsync("silo killed", async cluster =>
    {
        var killed = Disturbance.Now("silo 0 killed (SIGKILL)", node: 0);
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(LongerThanItIsMissed);
        await cluster.Nodes[0].StartAsync();
        return [killed];
    });

    [PostgresFact]
    public async Task A_silo_drained_under_load_hands_its_turns_over()
    {
        var outcome = await RunAsync("silo drained", async cluster =>
        {
            var drained = Disturbance.Now("silo 0 drained (SIGTERM)", node: 0);
            await cluster.Nodes[0].TerminateAsync();
            await Task.Delay(AWhile);
            await cluster.Nodes[0].StartAsync();
            return [drained];
        });
        outcome.ShouldHaveCompletedAll();
    }

    // On a busy machine one run in three had starts that no node answered for a minute after the silo went on; why is not understood. CI leaves it out.
    [Trait("Category", "Unsettled")]
    [PostgresFact]
    public async Task A_silo_stopped_for_longer_than_it_is_missed_does_no_harm_when_it_goes_on() => await RunAsync("silo frozen", async cluster =>
    {
        var frozen = Disturbance.Now("silo 0 stopped for 10 s (SIGSTOP)", node: 0);
        cluster.Nodes[0].Freeze();
        await Task.Delay(LongerThanItIsMissed);
        cluster.Nodes[0].Thaw();

        // Once the others have declared it dead it ends itself, and whoever runs it starts it again.
        if (await cluster.Nodes[0].EndsAsync(within: LongerThanItIsMissed))
        {
            await cluster.Nodes[0].StartAsync();
        }

        await cluster.Nodes[0].ReadyAsync();
        return [frozen];
    });

    [PostgresFact(own: true)]
    public async Task PostgreSQL_restarted_under_streams_costs_no_turn_and_no_event() => await RunAsync("silos' database restarted", async cluster =>
    {
        var restarted = Disturbance.Now("PostgreSQL restarted (fast)", node: 0);
        await cluster.Postgres!.RestartAsync();
        await Task.Delay(AWhile);
        return [restarted];
    });

    [PostgresFact]
    public async Task All_silos_restarted_one_after_the_other_under_load_complete_every_turn()
    {
        var outcome = await RunAsync("silos rolled", async cluster =>
        {
            var restarts = new List<Disturbance>();
            foreach (var node in cluster.Nodes)
            {
                restarts.Add(Disturbance.Now($"silo {node.Number} restarted (SIGTERM)", node.Number));
                await node.TerminateAsync();
                await node.StartAsync();
                await Task.Delay(AWhile);
            }

            return restarts;
        });
        outcome.ShouldHaveCompletedAll();
    }

    private async Task<Outcome> RunAsync(string name, Func<Cluster, Task<IReadOnlyList<Disturbance>>> disturb)
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 3);
        var crowd = await Crowd.GatherAsync(cluster.Addresses, name.Replace(' ', '-').Replace("'", "", StringComparison.Ordinal));
        await Task.Delay(AWhile);
        var disturbances = await disturb(cluster);
        await Task.Delay(AWhile);
        var outcome = await Outcome.OfAsync(name, cluster, await crowd.LeaveAsync());
        outcome.Tell(output, disturbances);
        outcome.ShouldBeSound();
        return outcome;
    }
}
