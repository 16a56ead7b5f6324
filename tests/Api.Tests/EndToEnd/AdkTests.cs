using Sluice.Api.Tests.Http;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class AdkTests(AdkStage shared) : IClassFixture<AdkStage>
{
    private readonly Stage _stage = shared.Stage;

    [Fact]
    public async Task Session_is_created_at_the_engine_once_and_used_by_every_turn()
    {
        foreach (var text in new[] { "turn one", "turn two", "turn three" })
        {
            using var answer = await _stage.PostAsync("/invoke", $$"""{"text":"{{text}}","session_id":"kept","user_id":"ada"}""");
            ((int)answer.StatusCode).ShouldBe(200);
        }

        var turns = _stage.Engine.Calls.Where(call => call.Message?.StartsWith("turn ", StringComparison.Ordinal) == true).ToList();
        turns.Select(call => call.Message).ShouldBe(["turn one", "turn two", "turn three"]);
        var session = turns.Select(call => call.SessionId).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem().ShouldNotBeNull();
        using var kept = await _stage.GetAsync("/sessions/kept");
        (await kept.JsonAsync()).Text("engine_session_id").ShouldBe(session);
        turns.ShouldAllBe(call => call.UserId == "ada");
        _stage.Engine.Calls.Count(call => call is { ClassMethod: "async_create_session", UserId: "ada" }).ShouldBe(1);
    }

    [Fact]
    public async Task Text_that_the_engine_sends_in_parts_and_then_as_a_whole_is_told_once()
    {
        await using var events = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("in parts")));
        using var whole = await _stage.PostAsync("/invoke", Asking.Body("in parts"));

        var all = await events.RestAsync();
        all.Count(item => item.EventType == "message").ShouldBeGreaterThan(1);
        all.Text().ShouldBe("You said: in parts");
        all.LastAs("done").GetProperty("usage").GetProperty("output_tokens").GetInt32().ShouldBePositive();
        (await whole.JsonAsync()).Text("output").ShouldBe("You said: in parts");
    }

    [Fact]
    public async Task Turn_that_calls_a_tool_tells_what_it_says_in_the_end_and_every_event_to_those_who_ask()
    {
        using var answer = await _stage.PostAsync("/invoke", Asking.Body("what time is it?"));
        using var stream = await _stage.PostAsync("/invoke/stream?format=events", Asking.Body("what time is it?"));

        (await answer.JsonAsync()).Text("output").ShouldBe("It is 10:30.");
        var events = await stream.Content.ReadAsStringAsync();
        events.ShouldContain("\"function_call\"");
        events.ShouldContain("\"function_response\"");
        events.ShouldContain("get_time");
    }
}
