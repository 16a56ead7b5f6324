using Sluice.Core.Limits;
using Sluice.Core.Time;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Limits;

/// <summary>What turns that are under way may take before the store has answered.</summary>
public sealed class LeasedBucketTests : IAsyncLifetime
{
    private static readonly Quota Tokens = new("tokens-tenant", QuotaKind.Budget, Limit: 64_000, TimeSpan.FromDays(1), "tokens");
    private static readonly long Slice = LeasedBucket.SizeOf(Tokens);

    private readonly ManualTime _time = new();
    private readonly SharedQuotas _shared;
    private readonly Pulse _pulse;
    private readonly List<Slices> _nodes = [];
    private TaskCompletionSource _answer = new();

    public LeasedBucketTests() => (_shared, _pulse) = (new SharedQuotas(_time), new Pulse(_time));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _answer.TrySetResult();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _pulse.Dispose();
    }

    [Fact]
    public async Task They_owe_a_slice_and_no_more_until_it_has()
    {
        var bucket = Node(Tokens);
        var answer = HoldAnswers();

        TakeAll(bucket, 100).ShouldBe(Slice);

        answer.SetResult();
        await AnsweredAsync(bucket);
        bucket.TryTakeMore(100).ShouldBeTrue();
    }

    [Fact]
    public void Of_a_small_quota_they_owe_a_step_of_an_answer()
    {
        HoldAnswers();

        TakeAll(Node(Tokens with { Limit = 3200 }), 10).ShouldBe(1000);
    }

    [Fact]
    public async Task Three_nodes_that_are_answered_late_pass_the_quota_by_a_slice_each()
    {
        var nodes = new[] { Node(Tokens), Node(Tokens), Node(Tokens) };
        var taken = 0L;
        for (var round = 0; round < 40; round++)
        {
            var answer = HoldAnswers();
            taken += nodes.Sum(node => TakeAll(node, 100));
            answer.SetResult();
            await Task.WhenAll(nodes.Select(AnsweredAsync));
        }

        taken.ShouldBeInRange(Tokens.Limit, Tokens.Limit + (nodes.Length * Slice));
    }

    [Fact]
    public async Task Turns_that_ask_again_and_again_when_nothing_is_left_owe_no_more_than_a_slice_in_all()
    {
        var bucket = Node(Tokens);
        var taken = 0L;
        for (var round = 0; round < 60; round++)
        {
            var answer = HoldAnswers();
            taken += TakeAll(bucket, 100);
            answer.SetResult();
            await AnsweredAsync(bucket);

            // Longer than a refusal is believed.
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        taken.ShouldBeInRange(Tokens.Limit, Tokens.Limit + Slice);
    }

    [Fact]
    public async Task While_the_store_is_away_they_owe_no_more_either()
    {
        var bucket = Node(Tokens);
        _shared.IsAway = true;
        var taken = 0L;
        for (var round = 0; round < 10; round++)
        {
            taken += TakeAll(bucket, 100);
            await AnsweredAsync(bucket);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        taken.ShouldBe(Slice);
    }

    [Fact]
    public async Task What_is_left_of_a_slice_is_worth_nothing_in_the_next_period()
    {
        var bucket = Node(Tokens);
        EndPeriodBut(TimeSpan.FromSeconds(1));
        (await bucket.TakeAsync(1, CancellationToken.None)).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(1));

        (await bucket.TakeAsync(1, CancellationToken.None)).ShouldBeNull();

        _shared.Asked.ShouldBe(2);
        _shared.Taken.ShouldBe(Slice);
    }

    [Fact]
    public async Task What_was_taken_in_one_period_is_not_given_back_to_the_next()
    {
        var bucket = Node(Tokens);
        EndPeriodBut(TimeSpan.FromSeconds(1));
        (await bucket.TakeAsync(1000, CancellationToken.None)).ShouldBeNull();
        var takenAt = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await bucket.TakeAsync(1500, CancellationToken.None)).ShouldBeNull();

        bucket.Give(1000, takenAt);

        bucket.Stand().Left.ShouldBe(Tokens.Limit - 1500);
    }

    [Fact]
    public async Task What_is_owed_in_one_period_is_not_owed_in_the_next()
    {
        var bucket = Node(Tokens);
        EndPeriodBut(TimeSpan.FromSeconds(1));
        (await bucket.TakeAsync(1, CancellationToken.None)).ShouldBeNull();
        _shared.IsAway = true;
        TakeAll(bucket, 100).ShouldBeGreaterThan(Slice);
        await AnsweredAsync(bucket);
        _shared.IsAway = false;
        _time.Advance(TimeSpan.FromSeconds(1));

        (await bucket.TakeAsync(Tokens.Limit, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public void Said_to_stay_open_a_node_stops_nobody_for_want_of_an_answer()
    {
        HoldAnswers();

        TakeAll(Node(Tokens, WhenUnavailable.Open), 100, atMost: 10 * Slice).ShouldBe(10 * Slice);
    }

    private void EndPeriodBut(TimeSpan rest)
    {
        var now = _time.GetUtcNow();
        _time.Advance(Tokens.WindowOf(now) + Tokens.Window - now - rest);
    }

    private static long TakeAll(LeasedBucket bucket, long step, long atMost = long.MaxValue)
    {
        var taken = 0L;
        while (taken < atMost && bucket.TryTakeMore(step))
        {
            taken += step;
        }

        return taken;
    }

    private static Task AnsweredAsync(LeasedBucket bucket) => bucket.GiveBackAsync(unusedFor: TimeSpan.MaxValue);

    private TaskCompletionSource HoldAnswers()
    {
        _answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _shared.Gate = _answer.Task;
        return _answer;
    }

    private LeasedBucket Node(Quota quota, WhenUnavailable whenUnavailable = WhenUnavailable.Closed)
    {
        var slices = new Slices(_shared, whenUnavailable, _pulse, static defect => throw defect);
        _nodes.Add(slices);
        return new LeasedBucket(quota, Partition.OfAddress("tenant"), slices, _time);
    }
}
