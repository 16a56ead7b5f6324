using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Turns whose answer breaks off on its way, and what their callers see of that.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private Stage _stage = null!;

    public async Task InitializeAsync() =>
        _stage = await Stage.StartAsync("adk", "Sluice__Recovery__Patience=1s", "Sluice__Recovery__Quiet=100ms", "Sluice__Http__HeadHold=10s");

    public Task DisposeAsync() => _stage.DisposeAsync().AsTask();

    [Theory]
    [InlineData(Fault.TruncateReset)]
    [InlineData(Fault.ErrorLine)]
    [InlineData(Fault.Empty)]
    public async Task Caller_hardly_notices_that_a_stream_broke_when_the_engine_finished(Fault fault)
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "notice", Fault = fault, After = 2, Turn = TurnReach.Completed });

        using var answer = await _stage.PostAsync("/invoke/stream", Asking.Body("notice"));
        await using var events = await Events.OfAsync(answer);
        var all = await events.RestAsync();

        all.Text().ShouldBe("You said: notice");
        all.LastAs("done");
        _stage.Engine.Counters.TurnsRun("notice").ShouldBe(1);
    }

    [Fact]
    public async Task Stream_that_broke_half_way_ends_with_what_came_and_says_that_its_end_is_unknown()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "half", Fault = Fault.ErrorLine, After = 2, Turn = TurnReach.Cut });

        using var answer = await _stage.PostAsync("/invoke/stream", Asking.Body("half"));
        await using var events = await Events.OfAsync(answer);
        var all = await events.RestAsync();

        all.Text().ShouldBe("You said:");
        var error = all.LastAs("error");
        error.Text("code").ShouldBe("engine_stream_error");
        error.Text("state").ShouldBe("unknown");
        error.GetProperty("retryable").GetBoolean().ShouldBeFalse();
        _stage.Engine.Counters.TurnsRun("half").ShouldBe(1);
    }

    [Fact]
    public async Task Whole_answer_is_the_engines_own_when_it_got_lost()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "lost", Fault = Fault.Reset, Turn = TurnReach.Completed });

        using var answer = await _stage.PostAsync("/invoke", Asking.Body("lost"));

        (await answer.JsonAsync()).Text("output").ShouldBe("You said: lost");
        _stage.Engine.Counters.TurnsRun("lost").ShouldBe(1);
    }
}
