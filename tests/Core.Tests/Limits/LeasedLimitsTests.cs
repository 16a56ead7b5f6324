using Sluice.Core.Callers;
using Sluice.Core.Limits;
using Sluice.Core.Time;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Limits;

public sealed class LeasedLimitsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Caller Alice = new(new TenantId("acme"), "alice");

    private readonly ManualTime _time = new();
    private readonly SharedQuotas _shared;
    private readonly Pulse _pulse;
    private readonly List<CallerLimits> _nodes = [];
    private readonly List<Exception> _defects = [];

    public LeasedLimitsTests() => (_shared, _pulse) = (new SharedQuotas(_time), new Pulse(_time));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _pulse.Dispose();
        _defects.ShouldBeEmpty();
    }

    [Fact]
    public async Task Three_nodes_at_full_speed_let_through_what_one_would_and_ask_once_for_a_slice()
    {
        const int Limit = 640;
        var settings = new LimitSettings { KeyRequestsPerMinute = Limit };
        var nodes = new[] { Node(settings), Node(settings), Node(settings) };

        var through = await Task.WhenAll(nodes.SelectMany(node => Enumerable.Repeat(node, 4)).Select(node => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < Limit; i++)
            {
                count += await node.EnterAsync(Alice, None) is null ? 1 : 0;
            }

            return count;
        })));

        // A slice that one node has when the others get no more may be left over.
        var slice = Limit / LeasedBucket.SlicesOfQuota;
        through.Sum().ShouldBeInRange(Limit - (nodes.Length * slice), Limit);

        // 7680 requests. One more for each that is refused in the end.
        _shared.Asked.ShouldBeLessThan(LeasedBucket.SlicesOfQuota + (4 * nodes.Length));
    }

    [Fact]
    public async Task A_request_that_is_refused_is_told_when_to_come_back()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 60 });
        await TakeAllAsync(node);

        var shortage = (await node.EnterAsync(Alice, None)).ShouldNotBeNull();

        shortage.Quota.Name.ShouldBe("requests-key");
        shortage.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        (await node.EnterAsync(Alice, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_is_refused_does_not_ask_the_store_each_time()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 60 });
        await TakeAllAsync(node);
        var asked = _shared.Asked;

        for (var i = 0; i < 10_000; i++)
        {
            (await node.EnterAsync(Alice, None)).ShouldNotBeNull();
        }

        (_shared.Asked - asked).ShouldBeLessThan(2);
    }

    [Fact]
    public async Task A_slice_that_is_not_used_is_given_back()
    {
        var settings = new LimitSettings { KeyRequestsPerMinute = 320 };
        var node = Node(settings);
        (await node.EnterAsync(Alice, None)).ShouldBeNull();
        _shared.Taken.ShouldBe(10);

        var givenBack = _shared.GivenBackAsync();
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(7); passed += Pulse.Period)
        {
            _time.Advance(Pulse.Period);
        }

        await givenBack;
        _shared.Taken.ShouldBeLessThan(2);
    }

    [Fact]
    public async Task A_node_that_stops_gives_everything_back_at_once()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 320 });
        (await node.EnterAsync(Alice, None)).ShouldBeNull();

        await node.DisposeAsync();

        _shared.Taken.ShouldBe(1);
    }

    [Fact]
    public async Task While_the_store_is_away_a_node_spends_its_slice_and_then_refuses()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 320 });
        (await node.EnterAsync(Alice, None)).ShouldBeNull();
        _shared.IsAway = true;

        var through = 0;
        Shortage? shortage = null;
        while (shortage is null && through < 1000)
        {
            shortage = await node.EnterAsync(Alice, None);
            through += shortage is null ? 1 : 0;
        }

        through.ShouldBe(9);
        shortage!.IsUnknown.ShouldBeTrue();
        _shared.IsAway = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        (await node.EnterAsync(Alice, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Said_to_stay_open_each_node_goes_on_with_the_whole_limit_while_the_store_is_away()
    {
        _shared.IsAway = true;
        var settings = new LimitSettings { KeyRequestsPerMinute = 50, WhenUnavailable = WhenUnavailable.Open };
        foreach (var node in new[] { Node(settings), Node(settings) })
        {
            var through = 0;
            for (var i = 0; i < 200; i++)
            {
                through += await node.EnterAsync(Alice, None) is null ? 1 : 0;
            }

            through.ShouldBe(50);
            (await node.EnterAsync(Alice, None))!.IsUnknown.ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_store_that_does_not_answer_holds_a_request_up_for_a_second()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 320 });
        var gate = new TaskCompletionSource();
        _shared.Gate = gate.Task;

        var entering = node.EnterAsync(Alice, None).AsTask();
        while (!entering.IsCompleted)
        {
            _time.AdvanceToTimer(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await entering)!.IsUnknown.ShouldBeTrue();
        gate.SetResult();
    }

    [Fact]
    public async Task Each_caller_has_its_own()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 60 });
        await TakeAllAsync(node);

        (await node.EnterAsync(Alice with { Tenant = new TenantId("other") }, None)).ShouldBeNull();
        (await node.EnterAsync(Alice with { Subject = "bob" }, None)).ShouldBeNull();
    }

    [Fact]
    public async Task Two_keys_of_one_subject_have_each_a_limit_of_its_own_and_share_the_subjects()
    {
        var node = Node(new LimitSettings { KeyRequestsPerMinute = 2, UserRequestsPerMinute = 3 });
        var (old, young) = (Alice with { CredentialId = "old" }, Alice with { CredentialId = "new" });

        (await node.EnterAsync(old, None)).ShouldBeNull();
        (await node.EnterAsync(old, None)).ShouldBeNull();
        (await node.EnterAsync(old, None))!.Quota.Name.ShouldBe("requests-key");
        (await node.EnterAsync(young, None)).ShouldBeNull();
        (await node.EnterAsync(young, None))!.Quota.Name.ShouldBe("requests-user");
    }

    private async Task TakeAllAsync(CallerLimits node)
    {
        while (await node.EnterAsync(Alice, None) is null)
        {
            // Until nothing is left.
        }
    }

    private CallerLimits Node(LimitSettings settings)
    {
        var node = new CallerLimits(settings, _pulse, _shared, _defects.Add);
        _nodes.Add(node);
        return node;
    }
}
