using Microsoft.AspNetCore.Http;
using Sluice.Api.Limits;
using Sluice.Core.Limits;

namespace Sluice.Api.Tests.Limits;

public sealed class LimitFieldsTests
{
    private static readonly Quota Rate = new("requests-key", QuotaKind.Rate, 60, TimeSpan.FromMinutes(1), "requests");
    private static readonly Quota Places = new("turns-key", QuotaKind.Concurrent, 8, Timeout.InfiniteTimeSpan, "concurrent-requests");
    private static readonly Quota Daily = new("budget-tenant", QuotaKind.Budget, 5_000_000_000, TimeSpan.FromDays(1), "tokens");
    private static readonly Quota Forever = new("budget-session", QuotaKind.Budget, 100, Timeout.InfiniteTimeSpan, "tokens");

    private readonly DefaultHttpContext _context = new();

    [Fact]
    public void Each_policy_tells_its_quota_and_unit_and_the_window_in_which_it_comes_back() =>
        LimitFields.PolicyOf([Rate, Places, Daily, Forever]).ShouldBe(
            "\"requests-key\";q=60;w=60, \"turns-key\";q=8;qu=\"concurrent-requests\", \"budget-tenant\";q=5000000000;qu=\"tokens\";w=86400, \"budget-session\";q=100;qu=\"tokens\"");

    [Fact]
    public void Each_standing_tells_what_is_left_and_in_how_many_whole_seconds_all_of_it_is_back()
    {
        LimitFields.Set(
            _context.Response,
            "policies",
            [
                new Standing(Rate, 59, TimeSpan.FromSeconds(0.2)),
                new Standing(Places, 3, Reset: null),
                new Standing(Daily, 4_999_999_999, TimeSpan.FromSeconds(30_211)),
                new Standing(Forever, 0, Reset: null),
            ]);

        Field("RateLimit-Policy").ShouldBe("policies");
        Field("RateLimit").ShouldBe("\"requests-key\";r=59;t=1, \"turns-key\";r=3, \"budget-tenant\";r=4999999999;t=30211, \"budget-session\";r=0");
    }

    [Fact]
    public void Many_standings_are_told_whole()
    {
        var many = Enumerable.Range(0, 100).Select(_ => new Standing(Daily, long.MaxValue, TimeSpan.FromDays(1))).ToList();

        LimitFields.Set(_context.Response, "policies", many);

        Field("RateLimit").ShouldBe(string.Join(", ", Enumerable.Repeat($"\"budget-tenant\";r={long.MaxValue};t=86400", 100)));
    }

    [Fact]
    public void Shortage_by_itself_tells_its_policy_and_when_it_is_over()
    {
        LimitFields.Set(_context.Response, new Shortage(Rate, TimeSpan.FromSeconds(1.5)));

        Field("RateLimit-Policy").ShouldBe("\"requests-key\";q=60;w=60");
        Field("RateLimit").ShouldBe("\"requests-key\";r=0;t=2");
    }

    private string Field(string name) => _context.Response.Headers[name].ToString();
}
