using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>In front of an ADK application and a plain engine, with a cache.</summary>
public sealed class CacheTests
{
    private const string Ttl = "Sluice__Cache__Ttl=1m";

    [Fact]
    public async Task Plain_engine_is_asked_once_and_the_process_counts_what_it_was_spared()
    {
        await using var stage = await Stage.StartAsync("echo", Ttl);
        using var first = await stage.PostAsync("/invoke", Asking.Body("again and again"));
        using var second = await stage.PostAsync("/invoke", """{ "text" : "again \u0061nd again" }""");

        first.Header("X-Cache").ShouldBe("MISS");
        second.Header("X-Cache").ShouldBe("HIT");
        (await second.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        stage.Engine.Calls.Count(call => call.Message == "again and again").ShouldBe(1);
    }

    [Fact]
    public async Task Fifty_who_ask_the_same_at_once_are_one_call()
    {
        await using var stage = await Stage.StartAsync("echo", Ttl);
        stage.Engine.Enqueue(new Script { MessageContains = "everyone", Holds = [Hold.BeforeHeaders("everyone")] });
        var asking = Enumerable.Range(0, 50).Select(_ => stage.PostAsync("/invoke", Asking.Body("everyone"))).ToArray();
        await stage.Engine.WaitForCallAsync(call => call.Message == "everyone");
        stage.Engine.Gate("everyone").Open();

        var answers = await Task.WhenAll(asking);

        stage.Engine.Calls.Count(call => call.Message == "everyone").ShouldBe(1);
        answers.ShouldAllBe(answer => answer.IsSuccessStatusCode);
        answers.Count(answer => answer.Header("X-Cache") == "MISS").ShouldBe(1);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Fact]
    public async Task Conversation_with_an_agent_that_keeps_sessions_misses_nothing_that_was_said()
    {
        await using var stage = await Stage.StartAsync("adk", Ttl);
        foreach (var session in new[] { "one", "two" })
        {
            using var first = await stage.PostAsync("/invoke", Asking.Body("my name is Ada", session));
            using var second = await stage.PostAsync("/invoke", Asking.Body("what did I say?", session));
            second.Header("X-Cache").ShouldBe("BYPASS");
        }

        var calls = stage.Engine.Calls.Where(call => call.Message is not null).ToList();
        calls.Select(call => call.Message).ShouldBe(["my name is Ada", "what did I say?", "my name is Ada", "what did I say?"]);
        calls.Select(call => call.SessionId).Distinct(StringComparer.Ordinal).Count().ShouldBe(2);
    }

    [Fact]
    public async Task Question_to_such_an_agent_that_stands_alone_is_answered_again_however_it_is_asked()
    {
        await using var stage = await Stage.StartAsync("adk", Ttl);
        using var first = await stage.PostAsync("/invoke/stream", """{"text":"alone","stateless":true}""");
        await first.Content.ReadAsStringAsync();
        using var whole = await stage.PostAsync("/invoke", """{"text":"alone","stateless":true}""");
        using var stream = await stage.PostAsync("/invoke/stream", """{"text":"alone","stateless":true}""");

        whole.Header("X-Cache").ShouldBe("HIT");
        stream.Header("X-Cache").ShouldBe("HIT");
        (await stream.Content.ReadAsStringAsync()).ShouldContain("\"usage\":{\"input_tokens\":0,\"output_tokens\":0,\"cached_input_tokens\":0}");
        stage.Engine.Calls.Count(call => call.Message == "alone").ShouldBe(1);
    }

    [Theory]
    [InlineData("false", "MISS")]
    [InlineData("true", "HIT")]
    public async Task Answer_for_which_the_agent_called_a_tool_is_given_again_only_when_told_to(string toolUse, string cache)
    {
        await using var stage = await Stage.StartAsync("adk", Ttl, $"Sluice__Cache__ToolUse={toolUse}");
        using var first = await stage.PostAsync("/invoke", """{"text":"what time is it","stateless":true}""");
        using var second = await stage.PostAsync("/invoke", """{"text":"what time is it","stateless":true}""");

        second.Header("X-Cache").ShouldBe(cache);
    }

    [Fact]
    public async Task Stream_that_was_cut_is_not_kept()
    {
        await using var stage = await Stage.StartAsync("echo", Ttl, "Sluice__Resilience__MaxAttempts=1");
        stage.Engine.Enqueue(new Script { MessageContains = "cut", Fault = Fault.LateError, After = 1 });
        using var cut = await stage.PostAsync("/invoke/stream", Asking.Body("cut short"));
        (await cut.Content.ReadAsStringAsync()).ShouldContain("event: error");

        using var again = await stage.PostAsync("/invoke/stream", Asking.Body("cut short"));

        (await again.Content.ReadAsStringAsync()).ShouldContain("\"cache\":\"miss\"");
        stage.Engine.Calls.Count(call => call.Message == "cut short").ShouldBe(2);
    }
}
