using System.Net;
using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class LifecycleTests
{
    [Fact]
    public async Task Gateway_told_to_stop_lets_the_running_turn_finish_takes_no_new_one_and_exits_with_0()
    {
        await using var stage = await Stage.StartAsync("echo", "Sluice__Hosting__DrainTime=30s");
        stage.Engine.Enqueue(new Script { MessageContains = "to the end", Holds = [Hold.BeforeEvent(2, "end")] });
        await using var events = await Events.OfAsync(await stage.PostAsync("/invoke/stream", Asking.Body("to the end")));
        await events.NextChunkAsync();

        stage.Process.SignalStop();
        using var notReady = await UntilNotReadyAsync(stage);
        using var refused = await stage.PostAsync("/invoke", Asking.Body("too late"));

        (await notReady.ProblemAsync(503, "not_ready")).Text("detail").ShouldBe("The gateway is stopping.");
        await refused.ProblemAsync(503, "stopping");
        stage.Engine.Gate("end").Open();
        var rest = await events.RestAsync();
        rest.Text().ShouldBe(" said: to the end");
        rest.LastAs("done");
        await stage.Process.EndedAsync();
        stage.Process.ExitCode.ShouldBe(0);
        stage.Engine.Counters.TurnsRun("too late").ShouldBe(0);
    }

    [Fact]
    public async Task Turn_that_does_not_finish_in_time_is_told_that_the_gateway_stops()
    {
        await using var stage = await Stage.StartAsync("echo", "Sluice__Hosting__DrainTime=0s");
        stage.Engine.Enqueue(new Script { MessageContains = "too long", Holds = [Hold.BeforeEvent(2, "never")] });
        await using var events = await Events.OfAsync(await stage.PostAsync("/invoke/stream", Asking.Body("too long")));
        await events.NextChunkAsync();

        stage.Process.SignalStop();

        (await events.RestAsync()).LastAs("error").Text("reason").ShouldBe("stopping");
        await stage.Process.EndedAsync();
        stage.Process.ExitCode.ShouldBe(0);
        await stage.Engine.WaitForCancelAsync();
    }

    [Fact]
    public async Task Restarted_gateway_has_forgotten_its_turns_and_says_so()
    {
        await using var stage = await Stage.StartAsync("echo");
        using var before = await stage.PostAsync("/invoke", Asking.Body("before", "s"));
        var turn = before.Header("X-Turn-Id");

        await stage.RestartAsync("echo");

        using var session = await stage.GetAsync("/sessions/s");
        await session.ProblemAsync(404, "unknown_session");
        using var resumed = await stage.PostAsync("/invoke/stream", Asking.Body("before", "s"), ("Last-Event-ID", $"{turn}:1"));
        await resumed.ProblemAsync(404, "unknown_cursor");
        using var after = await stage.PostAsync("/invoke", Asking.Body("after", "s"));
        ((int)after.StatusCode).ShouldBe(200);
        stage.Engine.Counters.TurnsRun("before").ShouldBe(1);
    }

    // The signal takes a moment to arrive; each question is an exact one.
    private static async Task<HttpResponseMessage> UntilNotReadyAsync(Stage stage)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            var answer = await stage.SendAsync(HttpMethod.Get, "/readyz", null, [], patience.Token);
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                return answer;
            }

            answer.Dispose();
        }
    }
}
