using Sluice.Vertex.Resilience;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class RetryBudgetTests
{
    [Fact]
    public void A_dying_engine_gets_the_reserve_and_then_a_fifth_more_calls()
    {
        var budget = new RetryBudget(new ResilienceOptions { RetryReserve = 20, RetryRatio = 0.2 });
        var spent = 0;
        for (var turn = 0; turn < 1000; turn++)
        {
            budget.Earn();
            while (budget.TrySpend())
            {
                spent++;
            }
        }

        // A full bucket earns nothing.
        spent.ShouldBe(20 + (999 / 5));
    }

    [Fact]
    public void A_healthy_engine_saves_no_more_than_the_reserve()
    {
        var budget = new RetryBudget(new ResilienceOptions { RetryReserve = 3 });
        for (var turn = 0; turn < 1000; turn++)
        {
            budget.Earn();
        }

        Enumerable.Range(0, 10).Count(_ => budget.TrySpend()).ShouldBe(3);
        budget.HasOne.ShouldBeFalse();
    }

    [Fact]
    public void Without_a_reserve_a_repetition_has_to_be_earned()
    {
        var budget = new RetryBudget(new ResilienceOptions { RetryReserve = 0, RetryRatio = 0.5 });
        budget.TrySpend().ShouldBeFalse();
        budget.Earn();
        budget.TrySpend().ShouldBeFalse();
        budget.Earn();
        budget.TrySpend().ShouldBeTrue();
    }

    [Fact]
    public void No_share_and_no_reserve_is_no_repetition_ever()
    {
        var budget = new RetryBudget(new ResilienceOptions { RetryReserve = 0, RetryRatio = 0 });
        budget.Earn();
        budget.HasOne.ShouldBeFalse();
    }
}
