using Sluice.Core.Time;
using Sluice.TestKit;
using Sluice.Vertex.Resilience;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class BulkheadTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Pulse _pulse;
    private readonly Bulkhead _bulkhead;

    public BulkheadTests()
    {
        _pulse = new Pulse(_time);
        _bulkhead = new Bulkhead(new ResilienceOptions { MaxCalls = 2, MaxWaiting = 2, MaxWait = TimeSpan.FromSeconds(5) }, _pulse);
    }

    public void Dispose() => _pulse.Dispose();

    [Fact]
    public async Task The_newest_is_refused_at_once_when_all_places_to_wait_are_taken()
    {
        await FillAsync();
        var first = EnterAsync();
        var second = EnterAsync();
        (await EnterAsync()).ShouldBeFalse();
        (_bulkhead.InUse, _bulkhead.Waiting).ShouldBe((2, 2));
        first.IsCompleted.ShouldBeFalse();
        second.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Those_who_wait_go_in_order()
    {
        await FillAsync();
        var first = EnterAsync();
        var second = EnterAsync();
        _bulkhead.Leave();
        (await first).ShouldBeTrue();
        second.IsCompleted.ShouldBeFalse();
        _bulkhead.Leave();
        (await second).ShouldBeTrue();
        (_bulkhead.InUse, _bulkhead.Waiting).ShouldBe((2, 0));
    }

    [Fact]
    public async Task Nobody_waits_longer_than_the_bound()
    {
        await FillAsync();
        var waiting = EnterAsync();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        waiting.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.2));
        (await waiting).ShouldBeFalse();
        _bulkhead.Waiting.ShouldBe(0);
        _bulkhead.Leave();
        _bulkhead.InUse.ShouldBe(1);
    }

    [Fact]
    public async Task A_cancelled_wait_leaves_the_queue_to_the_others()
    {
        await FillAsync();
        using var cancel = new CancellationTokenSource();
        var cancelled = EnterAsync(cancel.Token);
        var next = EnterAsync();
        await cancel.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(cancelled)).CancellationToken.ShouldBe(cancel.Token);
        _bulkhead.Waiting.ShouldBe(1);
        _bulkhead.Leave();
        (await next).ShouldBeTrue();
    }

    [Fact]
    public async Task Places_are_neither_lost_nor_made_when_many_come_go_and_give_up()
    {
        var most = 0;
        var inside = 0;
        await Parallel.ForAsync(0, 2000, async (number, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var entering = EnterAsync(cancel.Token);
            if (number % 3 == 0)
            {
                await cancel.CancelAsync();
            }

            try
            {
                if (await entering)
                {
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                    _bulkhead.Leave();
                }
            }
            catch (OperationCanceledException)
            {
                // It gave up.
            }
        });
        most.ShouldBeLessThanOrEqualTo(2);
        (_bulkhead.InUse, _bulkhead.Waiting).ShouldBe((0, 0));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    private Task<bool> EnterAsync(CancellationToken cancellationToken = default) =>
        _bulkhead.EnterAsync(cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), CancellationToken.None);

    private async Task FillAsync()
    {
        (await EnterAsync()).ShouldBeTrue();
        (await EnterAsync()).ShouldBeTrue();
    }
}
