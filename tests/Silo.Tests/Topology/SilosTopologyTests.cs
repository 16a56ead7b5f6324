using System.Net.Http.Json;
using System.Text.Json;
using Sluice.ProcessesKit.Topology;
using Sluice.Silo.Tests.Scenarios;

namespace Sluice.Silo.Tests.Topology;

/// <summary>The silos of <c>docker-compose.yml</c>, beside everything else there.</summary>
[Collection(Alone.Name)]
public sealed class SilosTopologyTests
{
    [TopologyFact]
    public async Task A_turn_that_one_silo_ran_is_read_at_the_other()
    {
        await using var topology = await LoopbackTopology.StartAsync("silos");
        using var one = new HttpClient { BaseAddress = topology.AddressOf("silo-1") };
        using var other = new HttpClient { BaseAddress = topology.AddressOf("silo-2") };

        using var answer = await one.PostAsJsonAsync("/invoke", new { text = "ping", session_id = "topology" });
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("output").GetString().ShouldBe("pong");

        var turn = answer.Headers.GetValues("X-Turn-Id").Single();
        (await other.GetStringAsync(new Uri($"/sessions/topology/turns/{turn}/events", UriKind.Relative))).ShouldContain("event: done");
        (await topology.StopAsync()).ShouldBe(0, topology.Said);
    }
}
