using Sluice.Vertex.Regions;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class RegionRulesTests
{
    [Theory]
    [InlineData("012", null, "", 0)]
    [InlineData("12", null, "", 1)]
    [InlineData("2", null, "", 2)]
    [InlineData("", null, "", RegionRules.None)]
    [InlineData("012", null, "0", 1)]
    [InlineData("02", null, "0", 2)]
    [InlineData("012", null, "012", RegionRules.None)]
    [InlineData("012", 2, "", 2)]
    [InlineData("01", 2, "", 0)]
    [InlineData("012", 1, "1", 0)]
    [InlineData("", 1, "", RegionRules.None)]
    public void A_turn_goes_home_or_to_the_first_region_that_lets_it(string lets, int? home, string left, int region) =>
        RegionRules.Choose(Set(lets), home ?? RegionRules.None, Set(left), regions: 3).ShouldBe(region);

    private static RegionSet Set(string regions) => regions.Aggregate(default(RegionSet), (set, digit) => set.With(digit - '0'));
}
