using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Tests.Engines.Caching;

public sealed class CacheRulesTests
{
    private static readonly CachePolicy Policy = new() { Ttl = TimeSpan.FromSeconds(60), StaleWhileRevalidate = TimeSpan.FromSeconds(30) };

    [Theory]
    [InlineData(null, CacheDecision.Ask)]
    [InlineData(0, CacheDecision.Answer)]
    [InlineData(60, CacheDecision.Answer)]
    [InlineData(61, CacheDecision.AnswerAndRevalidate)]
    [InlineData(90, CacheDecision.AnswerAndRevalidate)]
    [InlineData(91, CacheDecision.Ask)]
    public void Request_that_says_nothing_is_answered_as_the_policy_says(int? age, object decision) => Decide(default, age).ShouldBe(decision);

    [Fact]
    public void Request_that_does_not_want_what_was_kept_asks_anew() => Decide(new CacheControl { NoCache = true }, age: 0).ShouldBe(CacheDecision.AskAnew);

    [Fact]
    public void Request_that_must_not_be_kept_may_have_what_was_kept_and_otherwise_asks_alone()
    {
        Decide(new CacheControl { NoStore = true }, age: 10).ShouldBe(CacheDecision.Answer);
        Decide(new CacheControl { NoStore = true }, age: null).ShouldBe(CacheDecision.AskAlone);
        Decide(new CacheControl { NoStore = true, NoCache = true }, age: 10).ShouldBe(CacheDecision.AskAlone);
    }

    [Theory]
    [InlineData(10, 10, CacheDecision.Answer)]
    [InlineData(10, 11, CacheDecision.Ask)]
    [InlineData(0, 0, CacheDecision.Answer)]
    [InlineData(80, 70, CacheDecision.Ask)]
    public void Age_that_a_request_allows_is_the_most_an_answer_has(int maxAge, int age, object decision) =>
        Decide(new CacheControl { MaxAge = TimeSpan.FromSeconds(maxAge) }, age).ShouldBe(decision);

    [Theory]
    [InlineData(20, 40, CacheDecision.Answer)]
    [InlineData(20, 41, CacheDecision.Ask)]
    public void Answer_has_to_stay_fresh_as_long_as_a_request_wants(int minFresh, int age, object decision) =>
        Decide(new CacheControl { MinFresh = TimeSpan.FromSeconds(minFresh) }, age).ShouldBe(decision);

    [Theory]
    [InlineData(100, 160, CacheDecision.Answer)]
    [InlineData(100, 161, CacheDecision.Ask)]
    public void Answer_may_be_as_stale_as_a_request_allows(int maxStale, int age, object decision) =>
        Decide(new CacheControl { MaxStale = TimeSpan.FromSeconds(maxStale) }, age).ShouldBe(decision);

    [Fact]
    public void Request_that_wants_only_what_was_kept_never_asks()
    {
        var control = new CacheControl { OnlyIfCached = true };
        Decide(control, age: 10).ShouldBe(CacheDecision.Answer);
        Decide(control, age: 70).ShouldBe(CacheDecision.Answer);
        Decide(control, age: 100).ShouldBe(CacheDecision.Refuse);
        Decide(control, age: null).ShouldBe(CacheDecision.Refuse);
        Decide(control with { NoCache = true }, age: 10).ShouldBe(CacheDecision.Refuse);
    }

    private static CacheDecision Decide(CacheControl control, int? age) =>
        CacheRules.Decide(control, age is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Policy);
}
