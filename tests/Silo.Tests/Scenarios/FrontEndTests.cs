using System.Net;
using System.Text.Json;
using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Sluice.ProcessesKit.Scenarios;
using Xunit.Abstractions;

namespace Sluice.Silo.Tests.Scenarios;

/// <summary>Two silos over one PostgreSQL, and front ends without sessions that clients come to.</summary>
[Collection(Alone.Name)]
public sealed class FrontEndTests(ITestOutputHelper output)
{
    // For new turns to be under way, before and after.
    private static readonly TimeSpan AWhile = TimeSpan.FromSeconds(2);

    // The cluster misses three signs of life, and the lock in PostgreSQL holds for five seconds.
    private static readonly TimeSpan LongerThanItIsMissed = TimeSpan.FromSeconds(10);

    [PostgresFact]
    public async Task A_front_end_serves_sessions_that_are_elsewhere()
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 2, frontEnds: 1);
        using var client = new Asking(cluster.Nodes[2].Address);

        using var answer = await client.PostAsync("/invoke", "how are you", session: "asked");
        (await answer.Content.ReadAsStringAsync()).ShouldContain("You said: how are you");
        using var asked = await client.JsonAsync("/sessions/asked");
        asked.RootElement.GetProperty("turns")[0].GetProperty("state").GetString().ShouldBe("completed");

        await ResumesAsync(client);
        await CancelsAsync(client);
        await ForgetsAsync(client);
        cluster.Nodes.SelectMany(node => node.Errors()).ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task A_silo_killed_under_the_streams_of_a_front_end_costs_no_turn_and_no_event()
    {
        const string Name = "front end's silo killed";
        await using var cluster = await Cluster.SilosAsync(nodes: 2, frontEnds: 1);
        var crowd = await Crowd.GatherAsync([cluster.Nodes[2].Address], Name.Replace(' ', '-').Replace("'", "", StringComparison.Ordinal));
        await Task.Delay(AWhile);
        var killed = Disturbance.Now("silo 0 killed (SIGKILL)", node: 0);
        await cluster.Nodes[0].KillAsync();
        await Task.Delay(LongerThanItIsMissed);
        await cluster.Nodes[0].StartAsync();
        await Task.Delay(AWhile);
        var outcome = await Outcome.OfAsync(Name, cluster, await crowd.LeaveAsync());
        outcome.Tell(output, killed);
        outcome.ShouldBeSound();
    }

    [PostgresFact]
    public async Task A_front_end_that_is_told_to_stop_sends_its_readers_to_another()
    {
        const string Name = "front end drained";
        await using var cluster = await Cluster.SilosAsync(nodes: 2, frontEnds: 2);
        var crowd = await Crowd.GatherAsync([cluster.Nodes[2].Address, cluster.Nodes[3].Address], Name.Replace(' ', '-'));
        await Task.Delay(AWhile);
        var drained = Disturbance.Now("front end 0 drained (SIGTERM)", node: 0);
        await cluster.Nodes[2].TerminateAsync();
        await Task.Delay(AWhile);
        await cluster.Nodes[2].StartAsync();
        await Task.Delay(AWhile);
        var outcome = await Outcome.OfAsync(Name, cluster, await crowd.LeaveAsync());
        outcome.Tell(output, drained);
        outcome.ShouldBeSound();
        outcome.ShouldHaveCompletedAll();
    }

    private static async Task ResumesAsync(Asking client)
    {
        string turn;
        List<long> seen;
        await using (var stream = await client.StreamAsync("a longer answer than that", session: "resumed"))
        {
            turn = stream.Turn;
            seen = [(await stream.NextAsync()).Sequence, (await stream.NextAsync()).Sequence, (await stream.NextAsync()).Sequence];
        }

        await using var rest = await client.FollowAsync("resumed", turn, seen[^1]);
        var events = await rest.RestAsync();
        events[^1].Name.ShouldBe("done");
        seen.AddRange(events.Select(e => e.Sequence));
        seen.ShouldBe(seen.Order().Distinct(), "every event once, in order");
    }

    private static async Task CancelsAsync(Asking client)
    {
        await using var stream = await client.StreamAsync("an answer that nobody wants to the end", session: "cancelled");
        await stream.NextAsync();
        using var cancelled = await client.PostAsync($"/sessions/cancelled/turns/{stream.Turn}:cancel");
        cancelled.StatusCode.ShouldBe(HttpStatusCode.OK);
        ReasonOf((await stream.RestAsync())[^1]).ShouldBe("requested");
    }

    private static async Task ForgetsAsync(Asking client)
    {
        await using var stream = await client.StreamAsync("an answer of which nothing stays behind", session: "forgotten");
        await stream.NextAsync();
        (await client.DeleteAsync("/sessions/forgotten")).ShouldBe(HttpStatusCode.NoContent);
        ReasonOf((await stream.RestAsync())[^1]).ShouldBe("forgotten");
        (await client.StatusAsync("/sessions/forgotten")).ShouldBe(HttpStatusCode.NotFound);
    }

    private static string? ReasonOf(SeenEvent end)
    {
        end.Name.ShouldBe("error", end.Data);
        using var json = JsonDocument.Parse(end.Data);
        return json.RootElement.GetProperty("reason").GetString();
    }
}
