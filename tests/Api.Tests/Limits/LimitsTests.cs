using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Endpoints;
using Sluice.Api.Tests.Http;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Limits;

public sealed class LimitsTests
{
    private const string Hello = """{"text":"hello"}""";

    [Fact]
    public async Task Without_limits_no_answer_tells_of_any()
    {
        await using var gateway = await Gateway.StartAsync(engine: Answering());

        using var answer = await gateway.PostAsync("/invoke", Hello);

        answer.Header("RateLimit").ShouldBeEmpty();
        answer.Header("RateLimit-Policy").ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_answer_tells_how_the_caller_stands()
    {
        await using var gateway = await StartAsync(new LimitSettings
        {
            KeyRequestsPerMinute = 60,
            UserTurns = 4,
            UserTokensPerMinute = 6000,
            TenantTokens = 10_000,
            AnswerTokens = 100,
        });

        using var answer = await gateway.PostAsync("/invoke", Hello);

        ((int)answer.StatusCode).ShouldBe(200);
        answer.Header("RateLimit-Policy").ShouldBe(
            "\"requests-key\";q=60;w=60, \"turns-user\";q=4;qu=\"concurrent-requests\", \"tokens-user\";q=6000;qu=\"tokens\";w=60, \"budget-tenant\";q=10000;qu=\"tokens\";w=86400");
        answer.Header("RateLimit").ShouldBe("\"requests-key\";r=59;t=1, \"turns-user\";r=4;t=0, \"tokens-user\";r=6000;t=0, \"budget-tenant\";r=10000;t=0");

        using var next = await gateway.GetAsync("/sessions/none");
        next.Header("RateLimit").ShouldStartWith("\"requests-key\";r=58;t=2, ");
    }

    [Fact]
    public async Task One_request_too_many_is_refused_with_when_to_come_back_and_is_let_in_then()
    {
        await using var gateway = await StartAsync(new LimitSettings { KeyRequestsPerMinute = 2 });
        for (var i = 0; i < 2; i++)
        {
            using var answer = await gateway.PostAsync("/invoke", Hello);
            ((int)answer.StatusCode).ShouldBe(200);
        }

        using var refused = await gateway.PostAsync("/invoke", Hello);
        var problem = await refused.ProblemAsync(429, "rate_limited");
        problem.GetProperty("violated-policies").EnumerateArray().Single().GetString().ShouldBe("requests-key");
        refused.Header("Retry-After").ShouldBe("30");
        refused.Header("RateLimit").ShouldBe("\"requests-key\";r=0;t=60");
        gateway.Engine.Calls.ShouldBe(2);

        gateway.Time.Advance(TimeSpan.FromSeconds(30));
        using var late = await gateway.PostAsync("/invoke", Hello);
        ((int)late.StatusCode).ShouldBe(200);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.{0}")]
    [InlineData("X-Forwarded-For", "203.0.113.{0}, 127.0.0.1")]
    [InlineData("Forwarded", "for=203.0.113.{0}")]
    [InlineData("X-Real-IP", "203.0.113.{0}")]
    [InlineData("True-Client-IP", "203.0.113.{0}")]
    public async Task A_forged_address_is_no_way_around_the_limit(string header, string value)
    {
        await using var gateway = await StartAsync(new LimitSettings { AddressRequestsPerMinute = 2 });
        var statuses = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            using var answer = await gateway.PostAsync("/invoke", Hello, (header, string.Format(null, value, i)));
            statuses.Add((int)answer.StatusCode);
        }

        statuses.ShouldBe([200, 200, 429, 429]);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_clients_are_told_apart()
    {
        await using var gateway = await StartAsync(
            new LimitSettings { AddressRequestsPerMinute = 1 }, new HttpSurfaceOptions { TrustedProxies = new(Hops: 1, []) });

        using var first = await gateway.PostAsync("/invoke", Hello, ("X-Forwarded-For", "6.6.6.6, 203.0.113.1"));
        using var again = await gateway.PostAsync("/invoke", Hello, ("X-Forwarded-For", "7.7.7.7, 203.0.113.1"));
        using var other = await gateway.PostAsync("/invoke", Hello, ("X-Forwarded-For", "6.6.6.6, 203.0.113.2"));

        ((int)first.StatusCode).ShouldBe(200);
        (await again.ProblemAsync(429, "rate_limited")).GetProperty("violated-policies")[0].GetString().ShouldBe("requests-address");
        again.Header("RateLimit-Policy").ShouldBe("\"requests-address\";q=1;w=60");
        ((int)other.StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task What_tells_how_the_gateway_is_doing_is_free_and_what_is_not_there_is_not()
    {
        await using var gateway = await StartAsync(new LimitSettings { AddressRequestsPerMinute = 1, KeyRequestsPerMinute = 1 });
        foreach (var path in new[] { "/_health", "/livez", "/readyz", "/card", "/.well-known/agent-card.json", "/openapi.json" })
        {
            using var answer = await gateway.GetAsync(path);
            ((int)answer.StatusCode).ShouldBe(200, path);
        }

        using var missing = await gateway.GetAsync("/nothing");
        using var refused = await gateway.GetAsync("/nothing");
        ((int)missing.StatusCode).ShouldBe(404);
        ((int)refused.StatusCode).ShouldBe(429);
    }

    [Fact]
    public async Task Each_tenant_has_its_own()
    {
        await using var gateway = await StartAsync(new LimitSettings { KeyRequestsPerMinute = 1, TenantTokens = 110, AnswerTokens = 100 });
        foreach (var tenant in new[] { "a", "b" })
        {
            using var answer = await gateway.PostAsync("/invoke", Hello, (HeaderCallers.Name, tenant));
            ((int)answer.StatusCode).ShouldBe(200);
        }
    }

    [Fact]
    public async Task A_turn_too_many_is_refused_with_429()
    {
        await using var gateway = await StartAsync(new LimitSettings { UserTurns = 1 }, engine: new ScriptedEngine());
        var running = gateway.PostAsync("/invoke", Hello);
        var call = await gateway.Engine.NextCallAsync();

        using var refused = await gateway.PostAsync("/invoke/stream", Hello);
        var problem = await refused.ProblemAsync(429, "too_many_turns");

        problem.GetProperty("violated-policies")[0].GetString().ShouldBe("turns-user");
        call.Complete();
        (await running).Dispose();
    }

    [Fact]
    public async Task A_budget_that_is_spent_is_402_which_no_client_repeats_by_itself()
    {
        await using var gateway = await StartAsync(new LimitSettings { TenantTokens = 120, SessionTokens = 115, AnswerTokens = 100 });
        using var first = await gateway.PostAsync("/invoke", """{"text":"hello","session_id":"s"}""");
        ((int)first.StatusCode).ShouldBe(200);

        // The answer took 3 of 115 and 120, and what is asked next takes 20.
        var longer = $$"""{"text":"{{new string('q', 80)}}","session_id":"s"}""";
        using var ofTenant = await gateway.PostAsync("/invoke", longer);
        (await ofTenant.ProblemAsync(402, "budget_exhausted")).GetProperty("violated-policies")[0].GetString().ShouldBe("budget-tenant");
        ofTenant.Header("Retry-After").ShouldBe("86400");

        using var ofSession = await gateway.PostAsync("/invoke", $$"""{"text":"{{new string('q', 52)}}","session_id":"s"}""");
        (await ofSession.ProblemAsync(402, "budget_exhausted")).GetProperty("violated-policies")[0].GetString().ShouldBe("budget-session");
        ofSession.Header("Retry-After").ShouldBeEmpty();
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_stream_whose_budget_is_spent_in_the_middle_ends_with_an_error_that_says_so()
    {
        await using var gateway = await StartAsync(new LimitSettings { TenantTokens = 60, AnswerTokens = 20 }, engine: new ScriptedEngine());
        var asking = gateway.PostAsync("/invoke/stream", Hello);
        var call = await gateway.Engine.NextCallAsync();
        for (var i = 0; i < 6; i++)
        {
            call.Emit(new string('x', 40));
        }

        await call.CancelledAsync();
        using var answer = await asking;
        var stream = await answer.Content.ReadAsStringAsync();

        stream.ShouldContain("event: error");
        stream.ShouldContain("\"code\":\"budget_exhausted\"");
        stream.ShouldContain("\"retryable\":false");
        stream.ShouldContain("\"usage\":{\"input_tokens\":2,\"output_tokens\":60,\"cached_input_tokens\":0,\"estimated\":true}");
    }

    [Fact]
    public async Task A_repeat_with_its_key_gets_its_answer_when_nothing_is_left()
    {
        await using var gateway = await StartAsync(new LimitSettings { TenantTokens = 104, AnswerTokens = 100, UserTurns = 1 });
        using var first = await gateway.PostAsync("/invoke", Hello, ("Idempotency-Key", "k"));
        using var other = await gateway.PostAsync("/invoke", Hello, ("Idempotency-Key", "l"));
        using var again = await gateway.PostAsync("/invoke", Hello, ("Idempotency-Key", "k"));

        ((int)first.StatusCode).ShouldBe(200);
        await other.ProblemAsync(402, "budget_exhausted");
        ((int)again.StatusCode).ShouldBe(200);
        again.Header("Idempotent-Replayed").ShouldBe("true");
    }

    // Two tokens for what is asked, one for what is answered.
    private static ScriptedEngine Answering() => Gateway.Always(call =>
    {
        call.Emit("hi");
        return new EngineOutcome { Answer = AnswerShape.Text, Usage = new TokenUsage(2, 1), ServedBy = new ServedBy("default", "here") };
    });

    private static Task<Gateway> StartAsync(LimitSettings settings, HttpSurfaceOptions? options = null, ScriptedEngine? engine = null)
    {
        CallerLimits? limits = null;
        return Gateway.StartAsync(
            options,
            engine ?? Answering(),
            host: (engine, sessions, pulse) =>
            {
                var observer = new RecordingObserver();
                limits = new CallerLimits(settings, pulse, leases: null, observer.Defect);
                return new EmbeddedSessionHost(engine, sessions, pulse, observer, limits);
            },
            configure: services => services.AddSingleton(limits!).AddSingleton<ICallers, HeaderCallers>());
    }

    private sealed class HeaderCallers : ICallers
    {
        public const string Name = "X-Test-Tenant";

        public Caller CallerOf(HttpContext context) =>
            new(new TenantId(context.Request.Headers[Name] is { Count: 1 } tenant ? tenant.ToString() : "local"), "tester");
    }
}
