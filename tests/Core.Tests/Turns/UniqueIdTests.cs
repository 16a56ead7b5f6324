using Sluice.Core.Turns;

namespace Sluice.Core.Tests.Turns;

public sealed class UniqueIdTests
{
    [Fact]
    public void An_id_is_a_version_7_uuid_of_now()
    {
        var before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var id = UniqueId.New();
        id.Version.ShouldBe(7);
        (id.Variant & 0xC).ShouldBe(0x8);
        var time = Convert.ToInt64(id.ToString("N")[..12], 16);
        time.ShouldBeInRange(before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void Ids_differ_within_and_across_threads()
    {
        var ids = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8)
            .SelectMany(_ => Enumerable.Range(0, 1000).Select(_ => UniqueId.New()).ToList()).ToList();
        ids.Distinct().Count().ShouldBe(8000);

        // Nor do they only differ in their time.
        ids.Select(id => id.ToString("N")[13..]).Distinct().Count().ShouldBe(8000);
    }
}
