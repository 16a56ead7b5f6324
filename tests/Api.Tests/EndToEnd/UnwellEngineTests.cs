using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>An engine that misbehaves: how little of it a caller notices, and what it cannot take along with it.</summary>
public sealed class UnwellEngineTests
{
    [Fact]
    public async Task A_turn_the_engine_did_not_begin_is_sent_again_and_runs_once()
    {
        await using var stage = await Stage.StartAsync("adk");
        stage.Engine.Enqueue(new Script { MessageContains = "ping", Fault = Fault.Unavailable, Times = 2 });

        using var answer = await stage.PostAsync("/invoke", Asking.Body("ping"));

        ((int)answer.StatusCode).ShouldBe(200);
        stage.Engine.Counters.TurnsRun("ping").ShouldBe(1);
        stage.Engine.Counters.FaultCount(Fault.Unavailable).ShouldBe(2);
    }

    [Fact]
    public async Task A_slow_engine_keeps_back_neither_health_checks_nor_readers_of_turns_that_have_ended()
    {
        await using var stage = await Stage.StartAsync("echo", "Sluice__Resilience__MaxCalls=1", "Sluice__Resilience__MaxWaiting=0");
        using var ended = await stage.PostAsync("/invoke", Asking.Body("ping", session: "ended"));
        stage.Engine.Enqueue(new Script { MessageContains = "slow", Holds = [Hold.BeforeHeaders("slow")] });
        var slow = stage.PostAsync("/invoke", Asking.Body("slow"));
        await stage.Engine.WaitForCallAsync(call => call.Message == "slow");

        using var refused = await stage.PostAsync("/invoke", Asking.Body("ping"));
        await refused.ProblemAsync(503, "engine_busy");
        refused.Header("Retry-After").ShouldBe("1");
        foreach (var path in new[] { "/livez", "/readyz", $"/sessions/ended/turns/{ended.Header("X-Turn-Id")}", $"/sessions/ended/turns/{ended.Header("X-Turn-Id")}/events" })
        {
            using var answer = await stage.GetAsync(path);
            ((int)answer.StatusCode).ShouldBe(200, path);
            await answer.Content.ReadAsStringAsync();
        }

        stage.Engine.Gate("slow").Open();
        using var last = await slow;
        ((int)last.StatusCode).ShouldBe(200);
    }

    [Fact]
    public async Task An_engine_that_keeps_failing_is_left_alone_and_readiness_tells_which()
    {
        await using var stage = await Stage.StartAsync(
            "echo", "Sluice__Resilience__MaxAttempts=1", "Sluice__Resilience__MinimumThroughput=2", "Sluice__Resilience__BreakDuration=10m");
        using (var well = await stage.GetAsync("/readyz"))
        {
            (await well.Content.ReadAsStringAsync()).ShouldBe(
                """{"status":"ok","engines":[{"engine":"default","region":"us-central1","circuit":"closed"}]}""");
        }

        stage.Engine.Enqueue(new Script { Fault = Fault.Unavailable, Times = 0 });
        for (var failure = 0; failure < 2; failure++)
        {
            using var failed = await stage.PostAsync("/invoke", Asking.Body("ping"));
            await failed.ProblemAsync(503, "engine_unavailable");
        }

        using var refused = await stage.PostAsync("/invoke/stream", Asking.Body("ping"));
        await refused.ProblemAsync(503, "engine_circuit_open");
        int.Parse(refused.Header("Retry-After"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(590, 600);
        stage.Engine.Counters.FaultCount(Fault.Unavailable).ShouldBe(2);

        using var ready = await stage.GetAsync("/readyz");
        ((int)ready.StatusCode).ShouldBe(200);
        var region = (await ready.JsonAsync()).GetProperty("engines")[0];
        region.Text("circuit").ShouldBe("open");
        region.GetProperty("tried_again_in_s").GetInt32().ShouldBeInRange(590, 600);
        await stage.Process.TerminateAsync();
        stage.Process.Output.ShouldContain("Engine default in us-central1 has failed too often");
    }
}
