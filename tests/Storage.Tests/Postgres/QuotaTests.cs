using Sluice.Core.Limits;
using Sluice.Storage.Postgres;

namespace Sluice.Storage.Tests.Postgres;

[NeedsPostgres]
public sealed class QuotaTests : PostgresTest
{
    private static readonly Partition Alice = new("acme", "alice");
    private static readonly Quota Daily = new("daily", QuotaKind.Budget, 100, TimeSpan.FromDays(1), "tokens");
    private static readonly Quota Slots = new("slots", QuotaKind.Concurrent, 10, Timeout.InfiniteTimeSpan, "concurrent-requests");

    // It fills up by one in ten seconds: longer than a test takes.
    private static readonly Quota Rate = new("rate", QuotaKind.Rate, 60, TimeSpan.FromMinutes(10), "requests");

    [StoreFact]
    public async Task Slices_together_are_never_more_than_the_quota()
    {
        var nodes = new[] { await Database.OpenAsync(), await Database.OpenAsync(), await Database.OpenAsync() };

        var granted = await Task.WhenAll(nodes.SelectMany(node => Enumerable.Range(0, 10).Select(async _ => (await AskAsync(node, Daily, 7)).Granted)));

        granted.Sum().ShouldBe(Daily.Limit);
        var last = await AskAsync(nodes[0], Daily, 1);
        last.Granted.ShouldBe(0);
        last.Wait!.Value.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromDays(1));
        last.EndsIn.ShouldBe(last.Wait);
    }

    [StoreFact]
    public async Task Less_than_the_least_is_not_granted_and_left_for_others()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Daily, 95);

        (await AskAsync(node, Daily, wanted: 50, least: 6)).Granted.ShouldBe(0);
        (await AskAsync(node, Daily, wanted: 50, least: 5)).Granted.ShouldBe(5);
    }

    [StoreFact]
    public async Task What_is_given_back_is_there_for_another()
    {
        var (one, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        await AskAsync(one, Slots, 10);
        (await AskAsync(other, Slots, 1)).Granted.ShouldBe(0);

        await one.LeaseAsync(new LeaseRequest(Slots, Alice, Least: 0, Wanted: 0, Returned: 4, Held: 6), None);

        (await AskAsync(other, Slots, 10, least: 4)).Granted.ShouldBe(4);
    }

    [StoreFact]
    public async Task What_was_spent_beyond_a_slice_is_owed()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Daily, 90);

        var lease = await node.LeaseAsync(new LeaseRequest(Daily, Alice, Least: 1, Wanted: 50, Returned: -8, Held: 0), None);

        lease.Granted.ShouldBe(2);
        lease.Left.ShouldBe(0);
    }

    [StoreFact]
    public async Task A_rate_fills_up_by_the_servers_clock()
    {
        var node = await Database.OpenAsync();
        (await AskAsync(node, Rate, 60)).Granted.ShouldBe(60);
        var refused = await AskAsync(node, Rate, 1);
        refused.Granted.ShouldBe(0);
        refused.Wait!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

        await Database.ExecuteAsync("update quotas set at = at - interval '1 minute'");

        (await AskAsync(node, Rate, 60, least: 1)).Granted.ShouldBe(6);
    }

    [StoreFact]
    public async Task A_budget_is_whole_again_in_the_next_period()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Daily, 100);
        await Database.ExecuteAsync("update quotas set at = at - interval '1 day'");

        (await AskAsync(node, Daily, 100)).Granted.ShouldBe(100);
    }

    [StoreFact]
    public async Task What_a_dead_node_had_is_given_back_when_it_is_needed()
    {
        var (dead, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        await AskAsync(dead, Slots, 7);
        (await AskAsync(other, Slots, 4, least: 4)).Granted.ShouldBe(0, "it is there");
        await Database.CloseAsync(dead);
        await UntilAsync(async () => await Database.CountThereAsync(dead.Number) == 0);

        (await AskAsync(other, Slots, 10, least: 10)).Granted.ShouldBe(10);
    }

    [StoreFact]
    public async Task What_a_dead_node_had_kept_of_its_slices_is_given_back_and_no_more()
    {
        var (dead, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        await AskAsync(dead, Slots, 10);
        await dead.LeaseAsync(new LeaseRequest(Slots, Alice, Least: 0, Wanted: 0, Returned: 4, Held: 5), None);
        await Database.CloseAsync(dead);
        await UntilAsync(async () => await Database.CountThereAsync(dead.Number) == 0);

        (await AskAsync(other, Slots, 10)).Granted.ShouldBe(9, "one place was said to be spent");
    }

    [StoreFact]
    public async Task What_a_dead_node_had_of_the_period_before_is_not_given_to_this_one()
    {
        var (dead, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        await AskAsync(dead, Daily, 60);
        await Database.CloseAsync(dead);
        await UntilAsync(async () => await Database.CountThereAsync(dead.Number) == 0);
        await Database.ExecuteAsync("update quotas set at = at - interval '1 day'");
        (await AskAsync(other, Daily, 100)).Granted.ShouldBe(100);

        (await AskAsync(other, Daily, 1)).Granted.ShouldBe(0);
    }

    [StoreFact]
    public async Task A_clock_that_was_set_back_takes_nothing_and_brings_nothing()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Rate, 30);
        await Database.ExecuteAsync("update quotas set at = at + interval '1 minute'");

        (await AskAsync(node, Rate, 60)).Granted.ShouldBe(30);
    }

    [StoreFact]
    public async Task Each_has_its_own_and_nothing_of_a_name_is_kept()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Daily, 100);

        (await node.LeaseAsync(new LeaseRequest(Daily, new Partition("acmealice", ""), 1, 100, 0, 0), None)).Granted.ShouldBe(100);

        (await Database.ScalarAsync<string>("select string_agg(q::text, ' ') from quotas q"))!.ShouldNotContain("a" + "lice");
    }

    [StoreFact]
    public async Task What_is_back_where_it_began_is_forgotten()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Rate, 10);
        await AskAsync(node, Daily, 10);
        await node.ForgetAsync(None);
        (await Database.ScalarAsync<long>("select count(*) from quotas")).ShouldBe(2);

        await Database.ExecuteAsync("update quotas set expires_at = expires_at - interval '1 hour' where expires_at < now() + interval '11 minutes'");
        await node.ForgetAsync(None);

        (await Database.ScalarAsync<long>("select count(*) from quotas")).ShouldBe(1);
    }

    [StoreFact]
    public async Task Slots_are_forgotten_when_all_are_given_back_and_not_before()
    {
        var node = await Database.OpenAsync();
        await AskAsync(node, Slots, 2);
        await node.ForgetAsync(None);
        (await Database.ScalarAsync<long>("select count(*) from quotas")).ShouldBe(1);

        await node.LeaseAsync(new LeaseRequest(Slots, Alice, Least: 0, Wanted: 0, Returned: 2, Held: 0), None);
        await node.ForgetAsync(None);

        (await Database.ScalarAsync<long>("select count(*) from quotas")).ShouldBe(0);
    }

    private static ValueTask<Lease> AskAsync(PostgresSessionStore node, Quota quota, long wanted, long? least = null) =>
        node.LeaseAsync(new LeaseRequest(quota, Alice, least ?? Math.Min(wanted, 1), wanted, Returned: 0, Held: 0), None);
}
