using Sluice.Core.Limits;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Limits;

public sealed class BucketsTests
{
    private const int Most = 32;
    private static readonly Quota Rate = new("rate", QuotaKind.Rate, 2, TimeSpan.FromMinutes(1), "requests");

    private readonly ManualTime _time = new();
    private readonly Buckets _buckets;

    public BucketsTests() => _buckets = new Buckets(Rate, Most, _ => new LocalBucket(Rate, _time));

    [Fact]
    public void Nobody_gets_rid_of_what_was_taken_by_bringing_in_a_crowd()
    {
        Take("mallory").ShouldBeTrue();
        Take("mallory").ShouldBeTrue();
        for (var i = 0; i < 100_000; i++)
        {
            Take($"crowd {i}");
        }

        Take("mallory").ShouldBeFalse();
        _buckets.Count.ShouldBe(Most);
    }

    [Fact]
    public void A_crowd_takes_nothing_from_those_who_are_here()
    {
        Take("alice").ShouldBeTrue();
        for (var i = 0; i < 1000; i++)
        {
            Take($"crowd {i}");
        }

        Take("alice").ShouldBeTrue();
    }

    [Fact]
    public void Those_for_whom_there_is_no_room_share_one()
    {
        for (var i = 0; i < Most; i++)
        {
            Take($"crowd {i}").ShouldBeTrue();
        }

        Enumerable.Range(0, 100).Count(i => Take($"late {i}")).ShouldBe((int)Rate.Limit);
    }

    [Fact]
    public void One_that_is_as_good_as_new_makes_room()
    {
        for (var i = 0; i < Most; i++)
        {
            Take($"crowd {i}");
        }

        _time.Advance(Rate.Window);
        for (var i = 0; i < Most; i++)
        {
            Take($"next {i}").ShouldBeTrue();
            Take($"next {i}").ShouldBeTrue();
        }

        Take("late").ShouldBeTrue();
        _buckets.Count.ShouldBe(Most);
    }

    [Fact]
    public void One_in_somebodys_hand_stays()
    {
        var held = _buckets.Rent(Partition.OfAddress("slow"));
        for (var i = 0; i < 1000; i++)
        {
            Take($"crowd {i}");
            _time.Advance(Rate.Window);
        }

        _buckets.Rent(Partition.OfAddress("slow")).ShouldBeSameAs(held);
    }

    private bool Take(string who)
    {
        var bucket = _buckets.Rent(Partition.OfAddress(who));
        try
        {
            return bucket.TryTakeMore(1);
        }
        finally
        {
            Buckets.Return(bucket);
        }
    }
}
