using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Tests.Http;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Sluice.TestKit;
using Route = Sluice.Api.Endpoints.Route;

namespace Sluice.Api.Tests.Identity;

/// <summary>
/// Walks every path that is mapped with the ids of another tenant. A new path has to say here how ids come in: by its pattern they are found, and one that takes them otherwise
/// has a line in <see cref="OtherWaysIn"/>.
/// </summary>
public sealed class TenantTests : IAsyncLifetime
{
    private const string Ping = """{"text":"ping","session_id":"mine"}""";
    private const string RepeatKey = "repeat-after-me";

    private static readonly string Acme = KeyText.New();
    private static readonly string Beta = KeyText.New();

    // How an id comes in that is not in the pattern; null: not at all.
    private static readonly Dictionary<string, Func<Ids, (string Name, string Value)?>> OtherWaysIn = new()
    {
        ["/invoke"] = ids => ("Last-Event-ID", $"{ids.Turn}:0"),
        ["/invoke:batch"] = _ => null,
        ["/invoke/stream"] = ids => ("Last-Event-ID", $"{ids.Turn}:1"),
        ["/metrics"] = _ => null,
    };

    private GuardedGateway _gateway = null!;
    private Ids _acmes = null!;
    private ScriptedCall _running = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GuardedGateway.StartAsync(keys: [GuardedGateway.KeyOf(Acme, "acme", Scopes.All), GuardedGateway.KeyOf(Beta, "beta", Scopes.All)]);
        using var started = await AskAsync(Acme, HttpMethod.Post, "/invoke", Ping, ("Prefer", "respond-async"), ("Idempotency-Key", RepeatKey));
        ((int)started.StatusCode).ShouldBe(202);
        _acmes = new Ids(started.Header("X-Session-Id"), started.Header("X-Turn-Id"));
        _running = await _gateway.Http.Engine.NextCallAsync();
        _running.Emit("secret of acme");
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Another_tenants_ids_lead_nowhere_on_any_path()
    {
        var walked = 0;
        foreach (var route in _gateway.Http.Services.GetRequiredService<EndpointDataSource>().Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<Route>()!))
        {
            if (route.IsOpen)
            {
                continue;
            }

            foreach (var method in route.Methods)
            {
                if (await TryAsync(Beta, new HttpMethod(method), route, _acmes) is { } theirs)
                {
                    walked++;
                    using (theirs)
                    {
                        ((int)theirs.StatusCode).ShouldBe(404, $"{method} {route.Pattern}");
                        (await theirs.Content.ReadAsStringAsync()).ShouldNotContain("secret");
                        theirs.Header("X-Turn-Id").ShouldBeEmpty();
                    }
                }
            }
        }

        walked.ShouldBeGreaterThanOrEqualTo(9);
        _running.Cancelled.ShouldBeFalse("nobody else can stop it");

        // They are acme's all the same, and were there all the while.
        foreach (var route in _gateway.Http.Services.GetRequiredService<EndpointDataSource>().Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<Route>()!))
        {
            if (!route.IsOpen && route.Methods.Contains("GET"))
            {
                using var own = await TryAsync(Acme, HttpMethod.Get, route, _acmes);
                own?.IsSuccessStatusCode.ShouldBeTrue(route.Pattern);
            }
        }
    }

    [Fact]
    public async Task Neither_a_session_nor_an_idempotency_key_of_another_tenant_is_joined()
    {
        using var theirs = await AskAsync(Beta, HttpMethod.Post, "/invoke", Ping, ("Prefer", "respond-async"), ("Idempotency-Key", RepeatKey));

        ((int)theirs.StatusCode).ShouldBe(202);
        theirs.Header("X-Turn-Id").ShouldNotBe(_acmes.Turn);
        theirs.Header("Idempotent-Replayed").ShouldBeEmpty();
        var call = await _gateway.Http.Engine.NextCallAsync();
        call.Turn.Request.Caller.Tenant.ShouldBe(new TenantId("beta"));
        _gateway.Http.Engine.Calls.ShouldBe(2);

        using var session = await AskAsync(Beta, HttpMethod.Get, "/sessions/mine");
        var told = await session.Content.ReadAsStringAsync();
        told.ShouldContain(theirs.Header("X-Turn-Id"));
        told.ShouldNotContain(_acmes.Turn);
    }

    [Fact]
    public async Task Items_of_a_batch_are_those_of_the_tenant_that_sent_it()
    {
        const string Batch = $$"""{"items":[{"text":"ping","session_id":"mine","idempotency_key":"{{RepeatKey}}"}]}""";
        using var theirs = await AskAsync(Beta, HttpMethod.Post, "/invoke:batch", Batch, ("Prefer", "respond-async"), ("Last-Event-ID", $"{_acmes.Turn}:0"));

        var item = (await theirs.JsonAsync()).GetProperty("items")[0];
        item.GetProperty("status").GetInt32().ShouldBe(202);
        item.GetProperty("headers").Text("X-Turn-Id").ShouldNotBe(_acmes.Turn);
        (await _gateway.Http.Engine.NextCallAsync()).Turn.Request.Caller.Tenant.ShouldBe(new TenantId("beta"));
    }

    [Fact]
    public async Task A_turn_of_ones_own_is_not_found_in_anothers_session()
    {
        using var own = await AskAsync(Beta, HttpMethod.Post, "/invoke", """{"text":"ping"}""", ("Prefer", "respond-async"));
        using var crossed = await AskAsync(Beta, HttpMethod.Get, $"/sessions/{_acmes.Session}/turns/{own.Header("X-Turn-Id")}");

        await crossed.ProblemAsync(404, "unknown_turn");
    }

    private Task<HttpResponseMessage> AskAsync(string key, HttpMethod method, string path, string? json = null, params ReadOnlySpan<(string Name, string Value)> headers) =>
        _gateway.Http.SendAsync(method, path, json, [("x-api-key", key), .. headers]);

    private async Task<HttpResponseMessage?> TryAsync(string key, HttpMethod method, Route route, Ids ids)
    {
        var path = route.Pattern.Replace("{session}", ids.Session, StringComparison.Ordinal).Replace("{turn}", ids.Turn, StringComparison.Ordinal);
        path.ShouldNotContain("{", customMessage: "an id that this test does not know");
        if (path != route.Pattern)
        {
            return await AskAsync(key, method, path);
        }

        OtherWaysIn.TryGetValue(route.Pattern, out var way).ShouldBeTrue($"{route.Pattern}: say in OtherWaysIn how ids come in");
        return way!(ids) is { } header ? await AskAsync(key, method, path, Ping, header) : null;
    }

    private sealed record Ids(string Session, string Turn);
}
