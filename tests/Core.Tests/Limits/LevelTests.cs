using Sluice.Core.Limits;

namespace Sluice.Core.Tests.Limits;

public sealed class LevelTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Quota Rate = new("rate", QuotaKind.Rate, 60, TimeSpan.FromMinutes(1), "requests");
    private static readonly Quota Daily = new("daily", QuotaKind.Budget, 100, TimeSpan.FromDays(1), "tokens");
    private static readonly Quota Once = new("once", QuotaKind.Budget, 100, Timeout.InfiniteTimeSpan, "tokens");
    private static readonly Quota Slots = new("slots", QuotaKind.Concurrent, 2, Timeout.InfiniteTimeSpan, "concurrent-requests");

    [Fact]
    public void A_minutes_worth_may_be_taken_at_once_and_comes_back_evenly()
    {
        var level = Take(Rate, Level.Untouched, 60, Noon).ShouldNotBeNull();

        level.TryTake(Rate, 1, Noon, out _, out var wait).ShouldBeFalse();
        wait.ShouldBe(TimeSpan.FromSeconds(1));
        level.TryTake(Rate, 10, Noon.AddSeconds(5), out _, out wait).ShouldBeFalse();
        wait.ShouldBe(TimeSpan.FromSeconds(5));
        level = Take(Rate, level, 10, Noon.AddSeconds(10)).ShouldNotBeNull();
        level.LeftAt(Rate, Noon.AddSeconds(10)).ShouldBe(0);
        level.LeftAt(Rate, Noon.AddHours(10)).ShouldBe(60);
    }

    [Fact]
    public void A_rate_taken_one_by_one_for_an_hour_gives_what_an_hour_has()
    {
        var level = Level.Untouched;
        var granted = 0;
        for (var at = Noon; at < Noon.AddHours(1); at = at.AddMilliseconds(77))
        {
            granted += level.TryTake(Rate, 1, at, out level, out _) ? 1 : 0;
        }

        granted.ShouldBeInRange(60 + 3599, 60 + 3600);
    }

    [Fact]
    public void A_budget_comes_back_whole_when_its_period_ends_and_not_before()
    {
        var level = Take(Daily, Level.Untouched, 100, Noon).ShouldNotBeNull();

        level.TryTake(Daily, 1, Noon.AddHours(11.9), out _, out var wait).ShouldBeFalse();
        wait.ShouldBe(TimeSpan.FromHours(0.1));
        Take(Daily, level, 100, Noon.AddHours(12)).ShouldNotBeNull();
    }

    [Fact]
    public void A_budget_without_a_period_never_comes_back()
    {
        var level = Take(Once, Level.Untouched, 100, Noon).ShouldNotBeNull();

        level.TryTake(Once, 1, Noon.AddYears(100), out _, out var wait).ShouldBeFalse();
        wait.ShouldBeNull();
    }

    [Fact]
    public void A_place_comes_back_when_it_is_given_back_and_only_then()
    {
        var level = Take(Slots, Level.Untouched, 2, Noon).ShouldNotBeNull();

        Take(Slots, level, 1, Noon.AddDays(1)).ShouldBeNull();
        Take(Slots, level.Charge(Slots, -1, Noon), 1, Noon).ShouldNotBeNull();
    }

    [Fact]
    public void What_is_given_back_twice_makes_no_more_than_there_is()
    {
        var level = Take(Slots, Level.Untouched, 1, Noon).ShouldNotBeNull();

        level.Charge(Slots, -1, Noon).Charge(Slots, -1, Noon).LeftAt(Slots, Noon).ShouldBe(2);
    }

    [Fact]
    public void A_clock_that_is_set_back_brings_nothing_and_takes_nothing()
    {
        var level = Take(Rate, Level.Untouched, 60, Noon).ShouldNotBeNull();

        level.TryTake(Rate, 1, Noon.AddHours(-1), out level, out _).ShouldBeFalse();
        level.TryTake(Rate, 2, Noon.AddSeconds(1), out level, out _).ShouldBeFalse();
        Take(Rate, level, 1, Noon.AddSeconds(1)).ShouldNotBeNull();
    }

    private static Level? Take(Quota quota, Level level, long amount, DateTimeOffset at) => level.TryTake(quota, amount, at, out var next, out _) ? next : null;
}
