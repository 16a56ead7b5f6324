using System.Net;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Identity;
using Sluice.Api.Tests.Processes;
using Sluice.Core.Keys;
using Sluice.Emulator;
using Sluice.PostgresKit;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Keys made and revoked beside gateways that run, and what those record.</summary>
public sealed class AccessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-access-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public Task One_gateway_takes_and_refuses_keys_while_it_runs() =>
        MakeUseAndRevokeAsync(1, $"Sluice__Data={Path.Combine(_directory, "data")}", "Sluice__Auth__Mode=required");

    [PostgresFact]
    public async Task Every_replica_takes_and_refuses_keys_while_it_runs() => await MakeUseAndRevokeAsync(
        2, "Sluice__Host=replicas", $"ConnectionStrings__Postgres={await (await PostgresServer.SharedAsync()).CreateDatabaseAsync()}", "Sluice__Auth__Mode=required");

    [Fact]
    public async Task An_identity_token_of_the_emulators_is_taken_in_development()
    {
        await using var emulator = await EmulatorHost.StartAsync();
        await using var stage = await Stage.StartAsync(
            emulator, "echo", "ASPNETCORE_ENVIRONMENT=Development",
            $"Sluice__Auth__TestIssuer={emulator.Address}", "Sluice__Auth__Google__Audiences__0=http://gateway.local",
            "Sluice__Auth__Callers__0__Email=agent@p.iam.gserviceaccount.com", "Sluice__Auth__Callers__0__Tenant=acme");

        (await StatusAsync(stage.Client, $"Bearer {emulator.IdentityToken("http://gateway.local", "agent@p.iam.gserviceaccount.com")}")).ShouldBe(HttpStatusCode.NotFound);
        (await StatusAsync(stage.Client, $"Bearer {emulator.IdentityToken("http://other.local", "agent@p.iam.gserviceaccount.com")}")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(stage.Client, $"Bearer {emulator.IdentityToken("http://gateway.local", "other@p.iam.gserviceaccount.com")}")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task With_nothing_configured_only_this_machine_is_served_and_the_gateway_says_so()
    {
        var (gateway, client) = await GatewayProcess.StartAsync();
        await using var process = gateway;
        using var http = client;

        await gateway.SaidAsync("Now listening on: http://127.0.0.1:");
        await gateway.SaidAsync("Callers are not told apart, and only those on this machine can call");

        // A page in a browser here can make a name of its own lead to this machine (DNS rebinding), but not change what it asks for.
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/_health") { Headers = { Host = "evil.example" } };
        using var answer = await http.SendAsync(rebound);
        await answer.ProblemAsync(421, "not_this_machine");
    }

    [Fact]
    public async Task What_callers_and_the_log_are_told_has_no_key_in_it()
    {
        var key = (await Commanding.RunAsync("keys create --tenant acme --print-settings", "Sluice__Data=memory")).Output.TrimEnd('\n');
        var hash = new byte[KeyText.HashLength];
        KeyText.Hash(key, hash);
        await using var stage = await Stage.StartAsync(
            "echo", $"Sluice__Auth__Keys__{KeyText.IdOf(key)}__Hash={Convert.ToHexStringLower(hash)}", $"Sluice__Auth__Keys__{KeyText.IdOf(key)}__Tenant=acme",
            "Sluice__Logging__Requests=all", "Logging__LogLevel__Default=Trace", "Logging__LogLevel__Microsoft.AspNetCore=Trace");
        foreach (var authorization in new[] { $"Bearer {key}", $"Basic {key}", $"Bearer {key}x" })
        {
            await StatusAsync(stage.Client, authorization);
        }

        await stage.Process.TerminateAsync();

        stage.Process.Output.ShouldContain("admitted", customMessage: "nothing is stored: the record is in the log");
        stage.Process.Output.ShouldNotContain(key[^52..]);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sessions/none");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task MakeUseAndRevokeAsync(int nodes, params string[] environment)
    {
        await using var emulator = await EmulatorHost.StartAsync();
        var gateways = new List<(GatewayProcess Process, HttpClient Client)>();
        try
        {
            for (var node = 0; node < nodes; node++)
            {
                gateways.Add(await GatewayProcess.StartAsync(
                    [$"AGENT_ENGINE_NAME={emulator.EngineName("echo")}", $"AGENT_ENGINE_ENDPOINT={emulator.Address.GetLeftPart(UriPartial.Authority)}", .. environment]));
            }

            var old = await MakeAsync();
            await HearOfAsync(keys: 1);
            var young = await MakeAsync();
            await HearOfAsync(keys: 2);
            await AllAnswerAsync(old, HttpStatusCode.NotFound);
            await AllAnswerAsync(young, HttpStatusCode.NotFound);
            (await Commanding.RunAsync($"keys revoke {KeyText.IdOf(old)}", environment)).ExitCode.ShouldBe(0);
            await HearOfAsync(keys: 2, lines: 2);
            await AllAnswerAsync(old, HttpStatusCode.Unauthorized);
            await AllAnswerAsync(young, HttpStatusCode.NotFound);
        }
        finally
        {
            foreach (var (process, client) in gateways)
            {
                client.Dispose();
                await process.TerminateAsync();
                process.Error.ShouldBeEmpty();
                await process.DisposeAsync();
            }
        }

        var verified = await Commanding.RunAsync("audit verify", environment);
        verified.ExitCode.ShouldBe(0, verified.Output);
        verified.Output.Split('\n').Count(line => line.StartsWith("gateway", StringComparison.Ordinal)).ShouldBe(nodes);

        async Task<string> MakeAsync() => (await Commanding.RunAsync("keys create --tenant acme", environment)).Output.TrimEnd('\n');

        // Within five seconds.
        Task HearOfAsync(int keys, int lines = 1) =>
            Task.WhenAll(gateways.Select(gateway => gateway.Process.SaidAsync($"{keys} API keys are known", lines))).WaitAsync(TimeSpan.FromSeconds(5));

        async Task AllAnswerAsync(string key, HttpStatusCode status)
        {
            foreach (var (_, client) in gateways)
            {
                (await StatusAsync(client, $"Bearer {key}")).ShouldBe(status);
            }
        }
    }
}
