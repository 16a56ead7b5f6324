using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class SessionTests(QueryStage shared) : IClassFixture<QueryStage>
{
    private readonly Stage _stage = shared.Stage;

    [Fact]
    public async Task Second_turn_of_a_session_is_asked_when_the_first_has_ended()
    {
        _stage.Engine.Enqueue(HeldBeforeItsSecondEvent("first in line"));
        await using var first = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("first in line", "line")));
        await first.NextChunkAsync();
        await using var second = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("second in line", "line")));

        (await StatesAsync("line")).ShouldBe(["running", "queued"]);
        _stage.Engine.Calls.ShouldNotContain(call => call.Message == "second in line");
        var opened = DateTimeOffset.UtcNow;
        _stage.Engine.Gate("first in line").Open();

        (await first.RestAsync()).LastAs("done");
        var all = await second.RestAsync();
        all.Text().ShouldBe("You said: second in line");
        all.LastAs("done");
        _stage.Engine.Calls.Single(call => call.Message == "second in line").StartedAt.ShouldBeGreaterThan(opened);
        (await StatesAsync("line")).ShouldBe(["completed", "completed"]);
    }

    [Fact]
    public async Task Turn_that_interrupts_ends_the_running_one_and_takes_its_place()
    {
        _stage.Engine.Enqueue(HeldBeforeItsSecondEvent("interrupt me"));
        await using var first = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("interrupt me", "interrupted")));
        await first.NextChunkAsync();

        using var second = await _stage.PostAsync("/invoke", Asking.Body("urgent", "interrupted", onBusy: "interrupt"));

        ((int)second.StatusCode).ShouldBe(200);
        (await second.JsonAsync()).Text("output").ShouldBe("You said: urgent");
        (await first.RestAsync()).LastAs("error").Text("reason").ShouldBe("interrupted");
        await _stage.Engine.WaitForCancelAsync(call => call.Message == "interrupt me");
    }

    [Fact]
    public async Task Turn_that_will_not_wait_is_refused_and_the_running_one_goes_on()
    {
        _stage.Engine.Enqueue(HeldBeforeItsSecondEvent("busy"));
        await using var first = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("busy", "busy")));
        await first.NextChunkAsync();

        using var second = await _stage.PostAsync("/invoke", Asking.Body("impatient", "busy", onBusy: "reject"));

        await second.ProblemAsync(409, "session_busy");
        _stage.Engine.Gate("busy").Open();
        (await first.RestAsync()).LastAs("done");
        _stage.Engine.Counters.TurnsRun("impatient").ShouldBe(0);
    }

    [Fact]
    public async Task Repeat_with_the_same_key_joins_the_running_turn_and_later_gets_it_again()
    {
        var body = Asking.Body("only once");
        (string, string) key = ("Idempotency-Key", "\"k-1\"");
        _stage.Engine.Enqueue(HeldBeforeItsSecondEvent("only once"));
        using var asked = await _stage.PostAsync("/invoke/stream", body, key);
        await using var first = await Events.OfAsync(asked);
        await first.NextChunkAsync();

        using var repeated = await _stage.PostAsync("/invoke/stream", body, key);
        repeated.Header("X-Turn-Id").ShouldBe(asked.Header("X-Turn-Id"));
        _stage.Engine.Gate("only once").Open();
        (await first.RestAsync()).LastAs("done");
        using var late = await _stage.PostAsync("/invoke/stream", body, key);
        using var other = await _stage.PostAsync("/invoke/stream", Asking.Body("something else"), key);

        late.Header("X-Turn-Id").ShouldBe(asked.Header("X-Turn-Id"));
        var told = await late.Content.ReadAsStringAsync();
        told.ShouldBe(await repeated.Content.ReadAsStringAsync());
        told.ShouldContain("event: done");
        await other.ProblemAsync(422, "idempotency_key_reused");
        _stage.Engine.Counters.TurnsRun("only once").ShouldBe(1);
    }

    private static Script HeldBeforeItsSecondEvent(string prompt) => new() { MessageContains = prompt, Holds = [Hold.BeforeEvent(2, prompt)] };

    private async Task<string[]> StatesAsync(string session)
    {
        using var answer = await _stage.GetAsync($"/sessions/{session}");
        return [.. (await answer.JsonAsync()).GetProperty("turns").EnumerateArray().Select(turn => turn.Text("state"))];
    }
}
