using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Limits;
using Sluice.Api.Tests.EndToEnd;
using Sluice.Api.Tests.Http;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Sluice.TestKit;
using Route = Sluice.Api.Endpoints.Route;

namespace Sluice.Api.Tests.Identity;

public sealed class GateTests
{
    private const string Ping = """{"text":"ping"}""";

    private static readonly string Invoker = KeyText.New();
    private static readonly string Reader = KeyText.New();
    private static readonly string Operator = KeyText.New();
    private static readonly string Ended = KeyText.New();
    private static readonly string Revoked = KeyText.New();

    private static readonly ApiKey[] Keys =
    [
        GuardedGateway.KeyOf(Invoker, "acme", Scopes.Invoke),
        GuardedGateway.KeyOf(Reader, "acme", Scopes.Read),
        GuardedGateway.KeyOf(Operator, "ops", Scopes.Operate),
        GuardedGateway.KeyOf(Ended, "acme") with { ExpiresAt = new DateTimeOffset(2025, 12, 31, 0, 0, 0, TimeSpan.Zero) },
        GuardedGateway.KeyOf(Revoked, "acme") with { RevokedAt = new DateTimeOffset(2025, 12, 31, 0, 0, 0, TimeSpan.Zero) },
    ];

    [Fact]
    public async Task Every_path_that_does_not_say_that_it_is_open_is_closed()
    {
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        var open = new List<string>();
        foreach (var endpoint in gateway.Http.Services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>())
        {
            var route = endpoint.Metadata.GetMetadata<Route>().ShouldNotBeNull($"{endpoint.RoutePattern.RawText}: what is mapped says what it needs");
            if (route.IsOpen)
            {
                open.Add(route.Pattern);
                continue;
            }

            foreach (var method in route.Methods)
            {
                using var response = await gateway.Http.SendAsync(new HttpMethod(method), PathOf(route));
                response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {route.Pattern}");
                response.Header("WWW-Authenticate").ShouldBe("Bearer realm=\"sluice\"");
            }
        }

        open.ShouldBe(["/_health", "/livez", "/readyz", "/card", "/.well-known/agent-card.json", "/openapi.json"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("GET", "/metrics", "operate")]
    [InlineData("GET", "/sessions/s", "read")]
    [InlineData("HEAD", "/sessions/s", "read")]
    [InlineData("DELETE", "/sessions/s", "invoke")]
    [InlineData("POST", "/invoke", "invoke")]
    [InlineData("POST", "/invoke/stream", "invoke")]
    [InlineData("POST", "/sessions/s/turns/00000000000000000000000000000000:cancel", "invoke")]
    [InlineData("GET", "/sessions/s/turns/00000000000000000000000000000000/events", "read")]
    public async Task A_caller_without_the_scope_is_told_which_it_lacks(string method, string path, string scope)
    {
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        using var response = await gateway.Http.SendAsync(new HttpMethod(method), path, json: null, ("x-api-key", scope == "read" ? Invoker : Reader));

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Header("WWW-Authenticate").ShouldBe(
            $"Bearer realm=\"sluice\", error=\"insufficient_scope\", error_description=\"The credential lacks the scope {scope}.\", scope=\"{scope}\"");
        var record = await gateway.RecordAsync();
        record.Text("action").ShouldBe("refused");
        record.Text("reason").ShouldBe("scope_missing");
        record.Text("tenant").ShouldBe("acme");
        record.Text("credential").ShouldBe(KeyText.IdOf(scope == "read" ? Invoker : Reader).ToString());
        record.Text("trace_id").ShouldMatch("^[0-9a-f]{32}$|^$");
    }

    [Fact]
    public async Task What_one_of_our_paths_is_not_is_for_operators_alone()
    {
        new Route("/metrics", get: _ => Task.CompletedTask) { Scope = Scopes.Operate }.NeededFor("GET").ShouldBe(Scopes.Operate);
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        using var response = await gateway.Http.GetAsync("/sessions/s", ("x-api-key", Operator));

        await response.ProblemAsync(403, "scope_missing");
    }

    [Theory]
    [InlineData("nobody's", "unknown_key", "The API key is not valid.")]
    [InlineData("ended", "key_expired", "The API key has expired.")]
    [InlineData("revoked", "key_revoked", "The API key was revoked.")]
    [InlineData("of another form", "malformed_credential", "This is neither an API key nor an identity token.")]
    public async Task A_key_that_is_not_valid_is_refused_and_recorded_by_its_name_alone(string which, string reason, string detail)
    {
        var key = which switch { "ended" => Ended, "revoked" => Revoked, "of another form" => "sk-hello", _ => $"{Reader[..^52]}{KeyText.New()[^52..]}" };
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        using var response = await gateway.Http.GetAsync("/sessions/s", ("Authorization", $"Bearer {key}"));

        (await response.ProblemAsync(401, "credentials_invalid")).Text("detail").ShouldBe(detail);
        response.Header("WWW-Authenticate").ShouldBe($"Bearer realm=\"sluice\", error=\"invalid_token\", error_description=\"{detail}\"");
        var record = await gateway.RecordAsync();
        record.Text("reason").ShouldBe(reason);
        record.ToString().ShouldNotContain(key);
        if (KeyText.IsKey(key))
        {
            record.Text("credential").ShouldBe(KeyText.IdOf(key).ToString());
            record.ToString().ShouldNotContain(key[^52..]);
        }
    }

    // What a proxy in front has looked at, and what counts here, must not be two things.
    [Theory]
    [InlineData(400, "Authorization: Bearer {invoker}", "Authorization: Bearer {reader}")]
    [InlineData(400, "Authorization: Bearer {reader}", "Authorization: Bearer {reader}")]
    [InlineData(400, "x-api-key: {reader}", "X-API-KEY: {invoker}")]
    [InlineData(400, "Authorization: Bearer {reader}", "x-api-key: {reader}")]
    [InlineData(401, "Authorization: Bearer {reader}, Bearer {invoker}")]
    [InlineData(401, "Authorization: Bearer {reader} {reader}")]
    [InlineData(401, "Authorization: Bearer  ")]
    [InlineData(401, "Authorization: Basic {reader}")]
    [InlineData(401, "Authorization: {reader}")]
    [InlineData(401, "x_api_key: {reader}")]
    [InlineData(401, "Cookie: x-api-key={reader}")]
    [InlineData(400, "Authorization : Bearer {reader}")]
    [InlineData(400, "X: y", " Authorization: Bearer {reader}")]
    [InlineData(400, "Authorization: Bearer {reader}\0")]
    [InlineData(404, "authorization: bearer {reader}")]
    [InlineData(404, "Authorization:Bearer {reader}")]
    [InlineData(404, "x-api-key: {reader}")]
    public async Task Exactly_one_credential_counts(int status, params string[] headers)
    {
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        var lines = string.Concat(headers.Select(line => $"{line.Replace("{reader}", Reader, StringComparison.Ordinal).Replace("{invoker}", Invoker, StringComparison.Ordinal)}\r\n"));
        using var raw = await RawClient.ConnectAsync(gateway.Http.Address, $"GET /sessions/s HTTP/1.1\r\nHost: localhost\r\n{lines}Connection: close\r\n\r\n");

        (await raw.ReadUntilAsync("\r\n")).ShouldStartWith($"HTTP/1.1 {status} ");
    }

    [Fact]
    public async Task A_key_in_the_address_is_no_credential()
    {
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        using var response = await gateway.Http.GetAsync($"/sessions/s?key={Reader}&access_token={Reader}&x-api-key={Reader}");

        await response.ProblemAsync(401, "credentials_missing");
    }

    [Fact]
    public async Task Cloud_Runs_own_token_does_not_stand_in_the_way_of_ours()
    {
        await using var gateway = await GuardedGateway.StartAsync(keys: Keys);
        const string Consumed = "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.SIGNATURE_REMOVED_BY_GOOGLE";

        foreach (var (name, value) in new[] { ("x-api-key", Reader), ("X-Serverless-Authorization", $"Bearer {gateway.Signer.Token()}") })
        {
            using var response = await gateway.Http.GetAsync("/sessions/s", ("Authorization", Consumed), (name, value));
            await response.ProblemAsync(404, "unknown_session");
        }

        using var alone = await gateway.Http.GetAsync("/sessions/s", ("X-Serverless-Authorization", Consumed));
        (await alone.ProblemAsync(401, "credentials_invalid")).Text("detail").ShouldContain("Cloud Run has taken the signature off");
    }

    [Fact]
    public async Task Nothing_of_a_refused_request_is_done_or_read()
    {
        var engine = Gateway.Always(_ => new Core.Engines.EngineOutcome());
        await using var gateway = await GuardedGateway.StartAsync(engine, keys: Keys);
        foreach (var path in new[] { "/invoke", "/invoke/stream" })
        {
            using var response = await gateway.Http.PostAsync(path, "not even JSON", ("x-api-key", Reader));
            await response.ProblemAsync(403, "scope_missing");
        }

        engine.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData("refuse", 503)]
    [InlineData("drop", 404)]
    public async Task Who_cannot_be_recorded_is_not_let_in_unless_it_was_said_that_it_may(string whenFull, int status)
    {
        var records = new RecordedTrail { IsAway = true };
        await using var gateway = await GuardedGateway.StartAsync(whenFull: Enum.Parse<AuditBound>(whenFull, ignoreCase: true), waiting: 16, records: records, keys: Keys);
        await records.FailedAsync();
        for (var i = 0; i < 16; i++)
        {
            (await StatusAsync()).ShouldBe(404);
        }

        (await StatusAsync()).ShouldBe(status);
        using var refused = await gateway.Http.GetAsync("/sessions/s");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, "nobody is let in");

        records.IsAway = false;
        while (records.Lines.Count == 0)
        {
            gateway.Time.AdvanceToTimer(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        var lost = await records.RecordsAsync(lines => lines.Any(record => record.Text("action") == "lost"));
        lost.Single(record => record.Text("action") == "lost").GetProperty("count").GetInt64().ShouldBe(2);

        async Task<int> StatusAsync()
        {
            using var response = await gateway.Http.GetAsync("/sessions/s", ("x-api-key", Reader));
            return (int)response.StatusCode;
        }
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("1", "203.0.113.9")]
    [InlineData("127.0.0.0/8", "203.0.113.9")]
    [InlineData("10.0.0.0/8", "127.0.0.1")]
    public async Task Record_has_the_address_of_the_client_as_far_as_proxies_are_believed(string trusted, string address)
    {
        var proxies = trusted.Length > 0 && TrustedProxies.TryParse(trusted, out var parsed) ? parsed : null;
        await using var gateway = await GuardedGateway.StartAsync(surface: new HttpSurfaceOptions { TrustedProxies = proxies }, keys: Keys);

        using var refused = await gateway.Http.GetAsync("/sessions/s", ("X-Forwarded-For", "198.51.100.1, 203.0.113.9"));

        (await gateway.RecordAsync()).Text("remote").ShouldBe(address);
    }

    private static string PathOf(Route route) =>
        route.Pattern.Replace("{session}", "s", StringComparison.Ordinal).Replace("{turn}", "00000000000000000000000000000000", StringComparison.Ordinal);
}
