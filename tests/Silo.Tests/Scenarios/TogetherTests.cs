using System.Net;
using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;

namespace Sluice.Silo.Tests.Scenarios;

/// <summary>What silos of one cluster count together, and tell one another.</summary>
[Collection(Alone.Name)]
public sealed class TogetherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [PostgresFact]
    public async Task Turns_of_one_caller_are_counted_on_all_silos_together()
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 2, settings: "Sluice__Limits__ConcurrentTurns__User=2");
        using var one = new Asking(cluster.Nodes[0].Address);
        using var other = new Asking(cluster.Nodes[1].Address);
        await using var first = await one.StreamAsync("one answer of some length", session: "first");
        await using var second = await one.StreamAsync("another answer of some length", session: "second");

        using (var refused = await other.PostAsync("/invoke", "a third", session: "third"))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        }

        (await first.RestAsync())[^1].Name.ShouldBe("done");
        await UntilAsync(async () =>
        {
            using var answered = await other.PostAsync("/invoke", "a third", session: "third");
            return answered.StatusCode == HttpStatusCode.OK;
        });
    }

    [PostgresFact]
    public async Task A_front_end_says_which_limit_a_silo_refused_by()
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 1, frontEnds: 1, "Sluice__Limits__ConcurrentTurns__User=1");
        using var asking = new Asking(cluster.Nodes[1].Address);
        await using var running = await asking.StreamAsync("an answer of some length", session: "first");

        using var refused = await asking.PostAsync("/invoke", "a second", session: "second");

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("1 turn waits or runs, and more may not (policy turns-user)");
    }

    [PostgresFact]
    public async Task An_engine_that_fails_one_silo_too_often_is_not_asked_by_the_other_either()
    {
        await using var cluster = await Cluster.SilosAsync(
            nodes: 2, frontEnds: 0, "Sluice__Resilience__MinimumThroughput=3", "Sluice__Resilience__MaxAttempts=1", "Sluice__Resilience__BreakDuration=1m");
        await cluster.Engine.ScriptAsync("""{"times":0,"fault":"unavailable"}""");
        using var one = new Asking(cluster.Nodes[0].Address);
        using var other = new Asking(cluster.Nodes[1].Address);
        (await CircuitAsync(other)).ShouldBe("closed");

        for (var turn = 0; turn < 3; turn++)
        {
            using var failed = await one.PostAsync("/invoke", "fail", session: $"fails-{turn}");
            failed.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        await UntilAsync(async () => await CircuitAsync(other) == "open");
        using var refused = await other.PostAsync("/invoke", "unasked", session: "unasked");
        (await refused.Content.ReadAsStringAsync()).ShouldContain("engine_circuit_open");
        (await cluster.Engine.TurnsAsync()).Keys.ShouldNotContain("unasked");
    }

    private static async Task<string?> CircuitAsync(Asking node)
    {
        using var ready = await node.JsonAsync("/readyz");
        return ready.RootElement.GetProperty("engines")[0].GetProperty("circuit").GetString();
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await isSo())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
