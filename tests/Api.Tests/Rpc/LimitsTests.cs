using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Rpc;
using Sluice.Api.Tests.Http;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.TestKit;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

public sealed class LimitsTests
{
    [Fact]
    public async Task Every_call_tells_how_its_caller_stands_and_one_too_many_when_to_come_back()
    {
        await using var gateway = await StartAsync(new LimitSettings { KeyRequestsPerMinute = 2 });
        using var channel = gateway.Channel();
        var client = channel.Client();

        var first = client.InvokeAsync(Calling.Ask("t"));
        await first;
        (await first.ResponseHeadersAsync).GetValue("ratelimit").ShouldBe("\"requests-key\";r=1;t=30");
        (await first.ResponseHeadersAsync).GetValue("ratelimit-policy").ShouldBe("\"requests-key\";q=2;w=60");
        await client.InvokeAsync(Calling.Ask("t"));

        var refused = (await client.InvokeAsync(Calling.Ask("t")).FailureAsync()).ShouldBe(StatusCode.ResourceExhausted, "rate_limited");

        refused.Trailer(RpcStatus.RetryAfterTrailer).ShouldBe("30");
        refused.Trailer(RpcStatus.PushbackTrailer).ShouldBe("30000");
        refused.Trailer("ratelimit").ShouldBe("\"requests-key\";r=0;t=60");
        refused.Detail<RetryInfo>().RetryDelay.Seconds.ShouldBe(30);
        refused.Detail<QuotaFailure>().Violations.ShouldHaveSingleItem().Subject.ShouldBe("requests-key");
        gateway.Engine.Calls.ShouldBe(2);

        gateway.Time.Advance(TimeSpan.FromSeconds(30));
        await client.InvokeAsync(Calling.Ask("t"));
    }

    [Fact]
    public async Task Address_has_its_limit_and_health_is_free()
    {
        await using var gateway = await StartAsync(new LimitSettings { AddressRequestsPerMinute = 1 });
        using var channel = gateway.Channel();
        var health = new Grpc.Health.V1.Health.HealthClient(channel);
        for (var i = 0; i < 3; i++)
        {
            await health.CheckAsync(new Grpc.Health.V1.HealthCheckRequest());
        }

        await channel.Client().InvokeAsync(Calling.Ask("t"));
        (await channel.Client().InvokeAsync(Calling.Ask("t")).FailureAsync()).ShouldBe(StatusCode.ResourceExhausted, "rate_limited")
            .Detail<QuotaFailure>().Violations[0].Subject.ShouldBe("requests-address");
    }

    [Fact]
    public async Task Turn_too_many_comes_back_by_itself_and_a_budget_that_is_spent_does_not()
    {
        await using var turns = await StartAsync(new LimitSettings { UserTurns = 1 }, new ScriptedEngine());
        using var first = turns.Channel();
        var running = first.Client().InvokeAsync(Calling.Ask("t"));
        var call = await turns.Engine.NextCallAsync();
        (await first.Client().InvokeStream(Calling.Ask("t")).FailureAsync()).ShouldBe(StatusCode.ResourceExhausted, "too_many_turns").Detail<RetryInfo>().ShouldNotBeNull();
        call.Complete();
        await running;

        await using var budget = await StartAsync(new LimitSettings { SessionTokens = 110, AnswerTokens = 100 });
        using var second = budget.Channel();
        await second.Client().InvokeAsync(Calling.Ask("t", "s"));
        var spent = (await second.Client().InvokeAsync(Calling.Ask(new string('q', 80), "s")).FailureAsync()).ShouldBe(StatusCode.ResourceExhausted, "budget_exhausted");
        spent.Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
        budget.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_whose_budget_is_spent_in_the_middle_ends_with_what_it_took()
    {
        await using var gateway = await StartAsync(new LimitSettings { TenantTokens = 60, AnswerTokens = 20 }, new ScriptedEngine());
        using var channel = gateway.Channel();
        using var stream = channel.Client().InvokeStream(Calling.Ask("hello"));
        var call = await gateway.Engine.NextCallAsync();
        for (var i = 0; i < 6; i++)
        {
            call.Emit(new string('x', 40));
        }

        await call.CancelledAsync();
        Wire.InvokeEvent last;
        do
        {
            last = await stream.NextAsync();
        }
        while (last.EventCase != Wire.InvokeEvent.EventOneofCase.Error);

        last.Error.Code.ShouldBe("budget_exhausted");
        last.Error.Usage.ShouldBe(new Wire.TokenUsage { InputTokens = 2, OutputTokens = 60, Estimated = true });
        (await stream.FailureAsync()).ShouldBe(StatusCode.ResourceExhausted, "budget_exhausted").Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
    }

    private static Task<Gateway> StartAsync(LimitSettings settings, ScriptedEngine? engine = null)
    {
        CallerLimits? limits = null;
        return Gateway.StartAsync(
            engine: engine ?? Gateway.Always(static call =>
            {
                call.Emit("hi");
                return new EngineOutcome { Answer = AnswerShape.Text, Usage = new TokenUsage(2, 1) };
            }),
            grpc: Calling.Plain,
            host: (engine, sessions, pulse) =>
            {
                var observer = new RecordingObserver();
                limits = new CallerLimits(settings, pulse, leases: null, observer.Defect);
                return new EmbeddedSessionHost(engine, sessions, pulse, observer, limits);
            },
            configure: services => services.AddSingleton(limits!));
    }
}
