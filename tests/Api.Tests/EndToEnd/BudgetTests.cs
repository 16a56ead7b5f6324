using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>In front of an ADK application, with budgets.</summary>
public sealed class BudgetStage() : SharedStage(
    "adk", "Sluice__Limits__SessionTokens=500", "Sluice__Limits__AnswerTokens=100", "Sluice__Limits__TenantTokens=100000", "Sluice__Limits__RequestsPerMinute__Key=1000");

public sealed class BudgetTests(BudgetStage shared) : IClassFixture<BudgetStage>
{
    private readonly Stage _stage = shared.Stage;

    [Fact]
    public async Task Engine_sees_within_a_second_that_the_budget_of_a_turn_is_spent_in_the_middle_of_its_stream()
    {
        // Some 1.4 tokens a word, and then nothing more: whoever was not stopped before waits here.
        _stage.Engine.Enqueue(new Script { MessageContains = "go on", Tokens = 2000, Gap = TimeSpan.FromMilliseconds(1), Holds = [Hold.BeforeEvent(1500, "go on")] });
        await using var events = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("go on", "talkative")));

        var all = await events.RestAsync();
        var told = DateTimeOffset.UtcNow;

        var error = all.LastAs("error");
        error.Text("code").ShouldBe("budget_exhausted");
        error.GetProperty("retryable").GetBoolean().ShouldBeFalse();
        error.GetProperty("usage").GetProperty("estimated").GetBoolean().ShouldBeTrue();
        all.Text().Length.ShouldBeInRange(4 * 480, 4 * 600);
        var call = await _stage.Engine.WaitForCancelAsync(call => call.Message == "go on");
        (call.CancelledAt!.Value - told).ShouldBeLessThan(TimeSpan.FromSeconds(1));

        using var refused = await _stage.PostAsync("/invoke", Asking.Body("and on", "talkative"));
        await refused.ProblemAsync(402, "budget_exhausted");
    }

    [Fact]
    public async Task What_the_engine_reports_is_what_a_turn_costs()
    {
        using var answer = await _stage.PostAsync("/invoke", Asking.Body("ping", "thrifty"));
        var usage = (await answer.JsonAsync()).GetProperty("usage");
        var cost = usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("output_tokens").GetInt32();

        // What is reserved for the next: 2 for what is asked, 100 for the answer.
        for (var left = 500 - cost; left >= 102; left -= cost)
        {
            using var next = await _stage.PostAsync("/invoke", Asking.Body("ping", "thrifty"));
            ((int)next.StatusCode).ShouldBe(200, $"{left} are left, a turn takes {cost}");
            usage = (await next.JsonAsync()).GetProperty("usage");
            cost = usage.GetProperty("input_tokens").GetInt32() + usage.GetProperty("output_tokens").GetInt32();
        }

        using var refused = await _stage.PostAsync("/invoke", Asking.Body("ping", "thrifty"));
        await refused.ProblemAsync(402, "budget_exhausted");
        refused.Header("RateLimit-Policy").ShouldStartWith("\"requests-key\";q=1000;w=60, \"budget-tenant\";q=100000;");
    }
}
