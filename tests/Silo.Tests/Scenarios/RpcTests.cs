using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clusters;
using Sluice.V1;

namespace Sluice.Silo.Tests.Scenarios;

/// <summary>Two silos of one cluster, of which one speaks HTTP to its clients and the other gRPC.</summary>
[Collection(Alone.Name)]
public sealed class RpcTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [PostgresFact]
    public async Task Turn_begun_at_the_one_is_followed_to_its_end_at_the_other()
    {
        var directory = Keeper.MakeDirectory();
        await using var engine = await EngineProcess.StartAsync(directory);
        var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var ports = FreePorts.Take(4);
        var (http, httpAddress) = await StartAsync("http", ports[0], ports[1]);
        await using var first = http;
        var (rpc, rpcAddress) = await StartAsync("grpc", ports[2], ports[3]);
        await using var second = rpc;
        using var client = new HttpClient { BaseAddress = httpAddress, Timeout = Patience };
        using var channel = GrpcChannel.ForAddress(rpcAddress);

        client.DefaultRequestHeaders.Add("Prefer", "respond-async");
        using var accepted = await client.PostAsync("/invoke", new StringContent("""{"text":"one two three"}""", Encoding.UTF8, "application/json"));
        var turn = accepted.Headers.GetValues("X-Turn-Id").Single();
        using var following = new AgentGateway.AgentGatewayClient(channel).FollowTurn(new FollowTurnRequest { Cursor = new Cursor { TurnId = turn } });

        var (text, last) = (new StringBuilder(), 0L);
        while (await following.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience))
        {
            var next = following.ResponseStream.Current;
            if (next.EventCase != InvokeEvent.EventOneofCase.Heartbeat)
            {
                next.Sequence.ShouldBeGreaterThan(last);
                last = next.Sequence;
                text.Append(next.Delta?.Text);
            }
        }

        text.ToString().ShouldBe(EngineProcess.AnswerTo("one two three"));
        following.GetStatus().StatusCode.ShouldBe(StatusCode.OK);

        Task<(ChildProcess Process, Uri Address)> StartAsync(string role, int port, int gatewayPort) => ChildProcess.StartAsync(
            "sluice-silo.dll",
            directory,
            [],
            [
                "PORT=0", "ASPNETCORE_ENVIRONMENT=Test", $"Sluice__Role={role}", $"Sluice__Silo__Port={port}", $"Sluice__Silo__GatewayPort={gatewayPort}",
                $"ConnectionStrings__Postgres={database}", .. engine.Environment,
            ]);
    }
}
