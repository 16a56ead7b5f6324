using Sluice.Core.Engines;
using Sluice.Vertex.Resilience;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class RetryRulesTests
{
    private static readonly ResilienceOptions Options = new();
    private static readonly RetryDecision GiveUp = new(RetryStep.GiveUp);
    private static readonly RetryDecision Move = new(RetryStep.Move);

    [Theory]
    [InlineData(1, 0, 250)]
    [InlineData(1, 1, 125)]
    [InlineData(2, 0, 500)]
    [InlineData(3, 0, 1000)]
    public void What_cannot_have_started_is_repeated_after_a_growing_jittered_wait(int number, double jitter, int milliseconds) =>
        Decide(Failed(FaultKind.Unavailable) with { Number = number, Jitter = jitter })
            .ShouldBe(new RetryDecision(RetryStep.Repeat, TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void A_wait_grows_up_to_its_bound() =>
        Decide(Failed(FaultKind.Unavailable) with { Number = 9 }, Options with { MaxAttempts = 10 })
            .ShouldBe(new RetryDecision(RetryStep.Repeat, Options.MaxDelay));

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 6)]
    [InlineData(3, 12)]
    public void A_cold_container_is_given_the_time_to_start(int number, int seconds) =>
        Decide(Failed(FaultKind.ColdStart) with { Number = number }).ShouldBe(new RetryDecision(RetryStep.Repeat, TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void The_last_attempt_is_the_last() => Decide(Failed(FaultKind.Unavailable) with { Number = 4 }).ShouldBe(GiveUp);

    [Fact]
    public void Every_fault_does_as_its_verdict_says()
    {
        foreach (var row in FaultTable.All)
        {
            var failed = Failed(row.Kind);
            Decide(failed).Step.ShouldBe(row.Retry == RetryVerdict.NotStarted ? RetryStep.Repeat : RetryStep.GiveUp, row.Code);
            Decide(failed, Options with { SafeToRepeat = true }).Step.ShouldBe(row.Retry == RetryVerdict.Never ? RetryStep.GiveUp : RetryStep.Repeat, row.Code);
            Decide(failed with { Fault = failed.Fault with { NeverStarted = true } }).Step.ShouldBe(row.Retry == RetryVerdict.Never ? RetryStep.GiveUp : RetryStep.Repeat, row.Code);
        }
    }

    [Fact]
    public void Nothing_is_repeated_once_some_of_the_answer_was_seen() =>
        Decide(Failed(FaultKind.CutStream) with { HasEvents = true, IsElsewhereFree = true }, Options with { SafeToRepeat = true }).ShouldBe(GiveUp);

    [Fact]
    public void What_the_engine_had_begun_is_not_repeated() =>
        Decide(Failed(new EngineFault(FaultKind.QuotaExceeded, "") { Started = true })).ShouldBe(GiveUp);

    [Fact]
    public void A_wait_the_engine_asks_for_is_kept_and_never_cut_short()
    {
        var failed = Failed(new EngineFault(FaultKind.QuotaExceeded, "", RetryAfter: TimeSpan.FromSeconds(4)));
        Decide(failed).ShouldBe(new RetryDecision(RetryStep.Repeat, TimeSpan.FromSeconds(4)));
        Decide(failed with { Jitter = 1 }).ShouldBe(new RetryDecision(RetryStep.Repeat, TimeSpan.FromSeconds(4.25)));
    }

    [Fact]
    public void A_longer_wait_than_a_turn_is_kept_for_is_the_callers() =>
        Decide(Failed(new EngineFault(FaultKind.QuotaExceeded, "", RetryAfter: TimeSpan.FromMinutes(1)))).ShouldBe(GiveUp);

    [Fact]
    public void A_wait_that_ends_after_the_deadline_is_not_begun()
    {
        Decide(Failed(FaultKind.Unavailable) with { Left = TimeSpan.FromMilliseconds(250) }).ShouldBe(GiveUp);
        Decide(Failed(FaultKind.Unavailable) with { Left = TimeSpan.FromMilliseconds(251) }).Step.ShouldBe(RetryStep.Repeat);
    }

    [Fact]
    public void Without_budget_nothing_is_repeated_where_it_failed()
    {
        Decide(Failed(FaultKind.Unavailable) with { HasBudget = false }).ShouldBe(GiveUp);
        Decide(Failed(FaultKind.Unavailable) with { HasBudget = false, IsElsewhereFree = true }).ShouldBe(Move);
    }

    [Theory]
    [InlineData(FaultKind.Unreachable)]
    [InlineData(FaultKind.Unavailable)]
    [InlineData(FaultKind.QuotaExceeded)]
    [InlineData(FaultKind.ColdStart)]
    public void A_turn_with_nothing_to_lose_moves_on_at_once(FaultKind kind) => Decide(Failed(kind) with { IsElsewhereFree = true }).ShouldBe(Move);

    [Fact]
    public void Missing_credentials_are_missing_everywhere() =>
        Decide(Failed(FaultKind.CredentialsUnavailable) with { IsElsewhereFree = true }).Step.ShouldBe(RetryStep.Repeat);

    [Fact]
    public void A_turn_stays_with_its_engine_session_and_leaves_only_a_region_that_is_gone()
    {
        var failed = Failed(FaultKind.Unreachable) with { IsElsewhereFree = true, IsAtHome = true };
        Decide(failed).Step.ShouldBe(RetryStep.Repeat);
        Decide(failed with { Number = 4 }).ShouldBe(Move);
        Decide(Failed(FaultKind.Unavailable) with { IsElsewhereFree = true, IsAtHome = true, Number = 4 }).ShouldBe(GiveUp);
    }

    private static RetryDecision Decide(in FailedAttempt failed, ResilienceOptions? options = null) => RetryRules.Decide(failed, options ?? Options);

    private static FailedAttempt Failed(FaultKind kind) => Failed(new EngineFault(kind, ""));

    private static FailedAttempt Failed(EngineFault fault) => new()
    {
        Fault = fault,
        Number = 1,
        HasEvents = false,
        IsAtHome = false,
        IsElsewhereFree = false,
        Left = TimeSpan.FromMinutes(15),
        HasBudget = true,
        Jitter = 0,
    };
}
