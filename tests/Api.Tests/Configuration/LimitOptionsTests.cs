using Sluice.Api.Limits;
using Sluice.Core.Limits;

namespace Sluice.Api.Tests.Configuration;

public sealed class LimitOptionsTests
{
    [Fact]
    public void Nothing_is_limited_by_default()
    {
        var limits = Reading.Of().Options.Limits;

        limits.LimitsRequests.ShouldBeFalse();
        limits.LimitsTurns.ShouldBeFalse();
    }

    [Fact]
    public void Each_limit_is_read_from_its_key()
    {
        var limits = Reading.Of(
            "Sluice__Limits__RequestsPerMinute__Key=1",
            "Sluice__Limits__RequestsPerMinute__User=2",
            "Sluice__Limits__RequestsPerMinute__Address=3",
            "Sluice__Limits__ConcurrentTurns__Key=4",
            "Sluice__Limits__ConcurrentTurns__User=5",
            "Sluice__Limits__TokensPerMinute__Key=6",
            "Sluice__Limits__TokensPerMinute__User=7",
            "Sluice__Limits__SessionTokens=100000",
            "Sluice__Limits__TenantTokens=5000000000",
            "Sluice__Limits__TenantPeriod=720h",
            "Sluice__Limits__AnswerTokens=300",
            "Sluice__Limits__Identities=1000",
            "Sluice__Limits__WhenUnavailable=open").Options.Limits;

        limits.ShouldBe(new LimitSettings
        {
            KeyRequestsPerMinute = 1,
            UserRequestsPerMinute = 2,
            AddressRequestsPerMinute = 3,
            KeyTurns = 4,
            UserTurns = 5,
            KeyTokensPerMinute = 6,
            UserTokensPerMinute = 7,
            SessionTokens = 100_000,
            TenantTokens = 5_000_000_000,
            BudgetPeriod = TimeSpan.FromDays(30),
            AnswerTokens = 300,
            Identities = 1000,
            WhenUnavailable = WhenUnavailable.Open,
        });
    }

    [Fact]
    public void A_budget_that_no_turn_fits_in_is_refused() =>
        Reading.Of("Sluice__Limits__SessionTokens=1000").Problems.ShouldBe(
            ["sluice: Sluice__Limits__SessionTokens (Sluice:Limits:SessionTokens): is not more than Sluice:Limits:AnswerTokens (1024), which every turn reserves: none would ever begin"]);

    [Fact]
    public void A_limit_of_nothing_is_refused() =>
        Reading.Of("Sluice__Limits__ConcurrentTurns__Key=0").Problems.ShouldHaveSingleItem().ShouldEndWith("'0' is not a whole number from 1 to 1000000");

    [Theory]
    [InlineData("2", 2, 0)]
    [InlineData("10.0.0.0/8, 2001:db8::/32, 192.0.2.1", 0, 3)]
    public void Proxies_are_hops_or_networks(string text, int hops, int networks)
    {
        var http = Reading.Of($"Sluice__Http__TrustedProxies={text}", "Sluice__Http__ForwardedHeader=forwarded").Options.Http;

        http.TrustedProxies!.Hops.ShouldBe(hops);
        http.TrustedProxies.Networks.Count.ShouldBe(networks);
        http.ForwardedHeader.ShouldBe(ForwardedHeader.Forwarded);
    }
}
