using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Xunit.Abstractions;

namespace Sluice.ProcessesKit.Scenarios;

/// <summary>
/// Three nodes over one PostgreSQL, two hundred live streams on all of them, and whatever can happen to a node, to the network or to the database: what is promised then, however the nodes share their sessions.
/// </summary>
public abstract class ClusterScenarios
{
    // For new turns to be under way, before and after.
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(2);

    private readonly ITestOutputHelper _output;
    private readonly Func<Task<Cluster>> _start;
    private readonly string _nodes;
    private readonly TimeSpan _longerThanItIsMissed;
    private readonly bool _endsWhenGivenUp;

    /// <param name="output">Where the figures of a run are told.</param>
    /// <param name="nodes">What they are, in the figures.</param>
    /// <param name="start">Starts three of them.</param>
    /// <param name="longerThanItIsMissed">A node that does nothing for so long has lost what it held.</param>
    /// <param name="endsWhenGivenUp">Whether a node ends itself when it hears that the others have given it up.</param>
    private protected ClusterScenarios(ITestOutputHelper output, string nodes, Func<Task<Cluster>> start, TimeSpan longerThanItIsMissed, bool endsWhenGivenUp) =>
        (_output, _nodes, _start, _longerThanItIsMissed, _endsWhenGivenUp) = (output, nodes, start, longerThanItIsMissed, endsWhenGivenUp);

    [PostgresFact]
    public async Task Node_killed_under_load_costs_no_turn_and_no_event() => await RunAsync("killed", async cluster =>
    {
        var killed = Disturbance.Now("0 killed (SIGKILL)", node: 0);
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(_longerThanItIsMissed);
        await cluster.Nodes[0].StartAsync();
        return [killed];
    });

    [PostgresFact]
    public async Task Node_drained_under_load_hands_its_turns_over()
    {
        var outcome = await RunAsync("drained", async cluster =>
        {
            var drained = Disturbance.Now("0 drained (SIGTERM, 2 s)", node: 0);
            await cluster.Nodes[0].TerminateAsync();
            await Task.Delay(AWhile);
            await cluster.Nodes[0].StartAsync();
            return [drained];
        });
        outcome.ShouldHaveCompletedAll();
    }

    [PostgresFact]
    public async Task Node_stopped_for_longer_than_it_is_missed_does_no_harm_when_it_goes_on() => await RunAsync("frozen", async cluster =>
    {
        var frozen = Disturbance.Now(Stopped(0), node: 0);
        cluster.Nodes[0].Freeze();
        await Task.Delay(_longerThanItIsMissed);
        cluster.Nodes[0].Thaw();
        await GivenUpAsync(cluster.Nodes[0]);
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
    public async Task Node_cut_off_from_PostgreSQL_gives_its_turns_away_and_comes_back() => await RunAsync("cut off", async cluster =>
    {
        var cut = Disturbance.Now(CutOff("closed"), node: 0);
        cluster.Links[0].Cut();
        await Task.Delay(_longerThanItIsMissed);
        cluster.Links[0].Heal();
        await cluster.Nodes[0].ReadyAsync();
        return [cut];
    });

    [PostgresFact]
    public async Task Node_that_hears_nothing_of_PostgreSQL_gives_its_turns_away_and_comes_back() => await RunAsync("silenced", async cluster =>
    {
        var silenced = Disturbance.Now(CutOff("silent"), node: 0);
        cluster.Links[0].Silence();
        await Task.Delay(_longerThanItIsMissed);
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
                restarts.Add(Disturbance.Now($"{node.Number} restarted (SIGTERM, 2 s)", node.Number));
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
        var all = new List<Disturbance> { Disturbance.Now("0 killed (SIGKILL)", node: 0) };
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(AWhile);
        await cluster.Nodes[0].StartAsync();

        all.Add(Disturbance.Now("1 cut off from PostgreSQL for 2 s (closed)", node: 1));
        cluster.Links[1].Cut();
        await Task.Delay(AWhile);
        cluster.Links[1].Heal();

        all.Add(Disturbance.Now("2 drained (SIGTERM, 2 s)", node: 2));
        await cluster.Nodes[2].TerminateAsync();
        await cluster.Nodes[2].StartAsync();

        all.Add(Disturbance.Now(Stopped(1) + ", PostgreSQL restarted meanwhile", node: 1));
        cluster.Nodes[1].Freeze();
        await Task.Delay(AWhile);
        await cluster.Postgres!.RestartAsync();
        await Task.Delay(_longerThanItIsMissed - AWhile);
        cluster.Nodes[1].Thaw();
        await GivenUpAsync(cluster.Nodes[1]);

        all.Add(Disturbance.Now(CutOff("silent"), node: 0));
        cluster.Links[0].Silence();
        await Task.Delay(_longerThanItIsMissed);
        cluster.Links[0].Heal();
        await cluster.Nodes[0].ReadyAsync();
        return all;
    });

    private string Stopped(int node) => $"{node} stopped for {_longerThanItIsMissed.TotalSeconds} s (SIGSTOP)";

    private string CutOff(string how) => $"0 cut off from PostgreSQL for {_longerThanItIsMissed.TotalSeconds} s ({how})";

    // A node that the others gave up ends itself when it hears of that, and whoever runs it starts it again; or it just goes on.
    private async Task GivenUpAsync(Node node)
    {
        if (_endsWhenGivenUp && await node.EndsAsync(within: _longerThanItIsMissed))
        {
            await node.StartAsync();
        }

        await node.ReadyAsync();
    }

    private async Task<Outcome> RunAsync(string what, Func<Cluster, Task<IReadOnlyList<Disturbance>>> disturb)
    {
        var name = $"{_nodes} {what}";
        await using var cluster = await _start();
        var crowd = await Crowd.GatherAsync(cluster.Addresses, name.Replace(' ', '-'));
        await Task.Delay(AWhile);
        var disturbances = await disturb(cluster);
        await Task.Delay(AWhile);
        var outcome = await Outcome.OfAsync(name, cluster, await crowd.LeaveAsync());
        outcome.Tell(_output, disturbances);
        outcome.ShouldBeSound();
        return outcome;
    }
}
