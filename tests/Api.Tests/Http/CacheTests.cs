using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Endpoints;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Hosts;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Http;

public sealed class CacheTests
{
    private const string Why = """{"text":"why"}""";

    [Fact]
    public async Task Answer_says_whether_the_engine_was_asked_and_how_old_it_is()
    {
        await using var gateway = await StartAsync();
        using var first = await gateway.PostAsync("/invoke", Why);
        gateway.Time.Advance(TimeSpan.FromSeconds(42));
        using var second = await gateway.PostAsync("/invoke", Why);

        first.Header("X-Cache").ShouldBe("MISS");
        first.Header("Age").ShouldBeEmpty();
        second.Header("X-Cache").ShouldBe("HIT");
        second.Header("Age").ShouldBe("42");
        second.Header("X-Turn-Id").ShouldNotBe(first.Header("X-Turn-Id"));
        (await second.JsonAsync()).Text("output").ShouldBe("answer 1.");
        (await second.JsonAsync()).GetProperty("usage").Text("input_tokens").ShouldBe("0");
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_is_replayed_with_the_same_events_under_its_own_turn_and_can_be_resumed()
    {
        await using var gateway = await StartAsync();
        using var first = await gateway.PostAsync("/invoke/stream", Why);
        var original = await first.Content.ReadAsStringAsync();
        using var second = await gateway.PostAsync("/invoke/stream", """{"text":"why","session_id":"mine"}""");
        var replayed = await second.Content.ReadAsStringAsync();
        var turn = second.Header("X-Turn-Id");

        original.ShouldContain("\"cache\":\"miss\"");
        second.Header("X-Cache").ShouldBe("HIT");
        second.Header("Age").ShouldBe("0");
        DataOf(replayed).ShouldBe(DataOf(original));
        replayed.ShouldContain("\"cache\":\"hit\",\"age_s\":0}");
        using var resumed = await gateway.GetAsync($"/sessions/mine/turns/{turn}/events", ("Last-Event-ID", $"{turn}:2"));
        (await resumed.Content.ReadAsStringAsync()).ShouldStartWith($"id: {turn}:3\ndata: {{\"chunk\":\".\"}}");
        using var known = await gateway.GetAsync($"/sessions/mine/turns/{turn}");
        var resource = await known.JsonAsync();
        resource.Text("state").ShouldBe("completed");
        resource.Text("cache").ShouldBe("hit");

        static string[] DataOf(string stream) => [.. stream.Split('\n').Where(line => line.StartsWith("data: {\"chunk\"", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Idempotency_key_of_a_turn_answered_from_the_cache_leads_to_that_turn()
    {
        await using var gateway = await StartAsync();
        using var first = await gateway.PostAsync("/invoke", Why);
        using var second = await gateway.PostAsync("/invoke", Why, ("Idempotency-Key", "k"));
        gateway.Time.Advance(TimeSpan.FromMinutes(2));
        using var repeat = await gateway.PostAsync("/invoke", Why, ("Idempotency-Key", "k"));

        second.Header("X-Cache").ShouldBe("HIT");
        repeat.Header("X-Turn-Id").ShouldBe(second.Header("X-Turn-Id"));
        repeat.Header("Idempotent-Replayed").ShouldBe("true");
        repeat.Header("X-Cache").ShouldBe("HIT", "a replayed answer has the headers of the first");
    }

    [Theory]
    [InlineData("no-cache", "BYPASS")]
    [InlineData("max-age=10", "MISS")]
    [InlineData("max-age=\"10\"", "MISS")]
    [InlineData("MAX-AGE=10 , no-transform", "MISS")]
    [InlineData("max-age=30", "HIT")]
    [InlineData("min-fresh=30", "HIT")]
    [InlineData("min-fresh=31", "MISS")]
    [InlineData("no-store", "HIT")]
    [InlineData("no-store, no-cache", "BYPASS")]
    [InlineData("only-if-cached", "HIT")]
    [InlineData("max-age=99999999999999999999", "HIT")]
    [InlineData("max-age=, max-age=x, max-age=-1, =, ,,no-cache2", "HIT")]
    [InlineData("max-age=60, max-age=10", "MISS")]
    public async Task Cache_control_of_a_request_is_kept_to_and_what_is_malformed_in_it_is_passed_over(string control, string cache)
    {
        await using var gateway = await StartAsync();
        using var first = await gateway.PostAsync("/invoke", Why);
        gateway.Time.Advance(TimeSpan.FromSeconds(30));

        using var second = await gateway.PostAsync("/invoke", Why, ("Cache-Control", control));

        second.Header("X-Cache").ShouldBe(cache);
    }

    [Fact]
    public async Task Request_for_what_is_kept_alone_is_a_504_when_nothing_is()
    {
        await using var gateway = await StartAsync();
        using var whole = await gateway.PostAsync("/invoke", Why, ("Cache-Control", "only-if-cached"));
        using var stream = await gateway.PostAsync("/invoke/stream", Why, ("Cache-Control", "only-if-cached"));

        await whole.ProblemAsync(504, "not_cached");
        await stream.ProblemAsync(504, "not_cached");
        whole.Header("X-Cache").ShouldBe("MISS");
        gateway.Engine.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Later_turn_is_asked_again_unless_it_is_declared_to_stand_alone()
    {
        await using var gateway = await StartAsync();
        using var first = await gateway.PostAsync("/invoke", """{"text":"why","session_id":"s"}""");
        using var later = await gateway.PostAsync("/invoke", """{"text":"why","session_id":"s"}""");
        using var alone = await gateway.PostAsync("/invoke", """{"text":"why","session_id":"s","stateless":true}""");

        first.Header("X-Cache").ShouldBe("MISS");
        later.Header("X-Cache").ShouldBe("BYPASS");
        alone.Header("X-Cache").ShouldBe("HIT");
    }

    [Theory]
    [InlineData(false, "BYPASS")]
    [InlineData(true, "HIT")]
    public async Task Request_without_a_session_stands_alone_where_that_is_configured(bool unnamed, string cache)
    {
        await using var gateway = await StartAsync(
            call => call.Turn.BindEngineSession(new EngineSession("default", "here", call.Turn.Id.ToString())), new HttpSurfaceOptions { StatelessIfUnnamed = unnamed });
        using var first = await gateway.PostAsync("/invoke", Why);
        using var second = await gateway.PostAsync("/invoke", Why);
        using var says = await gateway.PostAsync("/invoke", """{"text":"why","stateless":false}""");

        second.Header("X-Cache").ShouldBe(cache);
        says.Header("X-Cache").ShouldBe("BYPASS");
    }

    [Fact]
    public async Task Nobody_is_given_what_another_tenant_asked_or_put_there()
    {
        await using var gateway = await StartAsync(callers: new CallersByHeader());
        foreach (var (path, body) in new[] { ("/invoke", Why), ("/invoke/stream", Why), ("/invoke", """{"input":{"text":"why"},"user_id":"victim"}""") })
        {
            using var poisoned = await gateway.PostAsync(path, body, ("X-Test-Tenant", "attacker"));
            using var victim = await gateway.PostAsync(path, body, ("X-Test-Tenant", "victim"));
            using var only = await gateway.PostAsync(path, body, ("X-Test-Tenant", "bystander"), ("Cache-Control", "only-if-cached"));

            poisoned.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
            (await victim.Content.ReadAsStringAsync()).ShouldContain("for victim");
            await only.ProblemAsync(504, "not_cached");
        }

        gateway.Engine.Calls.ShouldBe(6);
    }

    [Fact]
    public async Task A_thousand_questions_take_no_more_than_the_cache_may_hold()
    {
        var cache = default(AnswerCache);
        await using var gateway = await StartAsync(policy: new CachePolicy { Answers = 10 }, made: made => cache = made);
        for (var i = 0; i < 1000; i++)
        {
            using var answer = await gateway.PostAsync("/invoke", $$"""{"text":"{{i}}"}""");
        }

        cache!.Count.ShouldBe(10);
        using var last = await gateway.PostAsync("/invoke", """{"text":"999"}""");
        last.Header("X-Cache").ShouldBe("HIT");
    }

    private static Task<Gateway> StartAsync(
        Action<ScriptedCall>? first = null,
        HttpSurfaceOptions? options = null,
        ICallers? callers = null,
        CachePolicy? policy = null,
        Action<AnswerCache>? made = null)
    {
        var asked = 0;
        var engine = new ScriptedEngine
        {
            Script = (call, _) =>
            {
                first?.Invoke(call);
                call.Emit(callers is null ? $"answer {++asked}" : $"for {call.Turn.Request.Caller.Tenant}", ".");
                return new(new EngineOutcome { Answer = AnswerShape.Text, Usage = new TokenUsage(3, 5), ServedBy = new ServedBy("default", "here") });
            },
        };
        return Gateway.StartAsync(
            options,
            engine,
            configure: services =>
            {
                if (callers is not null)
                {
                    services.AddSingleton(callers);
                }
            },
            host: (engine, limits, pulse) =>
            {
                var cache = new AnswerCache((policy ?? new CachePolicy()) with { Ttl = TimeSpan.FromMinutes(1) }, pulse.Time);
                made?.Invoke(cache);
                return new EmbeddedSessionHost(new EngineDirectory([new NamedEngine("default", engine)], cache), limits, pulse, new RecordingObserver());
            });
    }

    private sealed class CallersByHeader : ICallers
    {
        public Caller CallerOf(HttpContext context) => new(new TenantId(context.Request.Headers["X-Test-Tenant"].ToString()), "key");
    }
}
