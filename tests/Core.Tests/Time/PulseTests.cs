using Sluice.Core.Time;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Time;

public sealed class PulseTests
{
    [Fact]
    public void Everything_added_is_called_once_a_period_until_removed()
    {
        var time = new ManualTime();
        using var pulse = new Pulse(time);
        var items = Enumerable.Range(0, 5).Select(_ => new Counted()).ToList();
        items.ForEach(pulse.Add);
        time.Advance(Pulse.Period * 3);
        items.ShouldAllBe(item => item.Count == 3);

        pulse.Remove(items[0]);
        pulse.Remove(items[2]);
        pulse.Remove(items[4]);
        time.Advance(Pulse.Period);
        items.Select(item => item.Count).ShouldBe([3, 4, 3, 4, 3]);
    }

    [Fact]
    public void Adding_and_removing_twice_is_once()
    {
        var time = new ManualTime();
        using var pulse = new Pulse(time);
        var item = new Counted();
        pulse.Add(item);
        pulse.Add(item);
        time.Advance(Pulse.Period);
        item.Count.ShouldBe(1);
        pulse.Remove(item);
        pulse.Remove(item);
        time.Advance(Pulse.Period);
        item.Count.ShouldBe(1);
    }

    [Fact]
    public void An_item_may_remove_itself_and_others_while_called()
    {
        var time = new ManualTime();
        using var pulse = new Pulse(time);
        var other = new Counted();
        var item = new Counted();
        item.Action = () =>
        {
            pulse.Remove(item);
            pulse.Remove(other);
        };
        pulse.Add(other);
        pulse.Add(item);
        time.Advance(Pulse.Period * 3);
        item.Count.ShouldBe(1);
        other.Count.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void An_infinite_delay_is_never_due()
    {
        var time = new ManualTime();
        using var pulse = new Pulse(time);
        pulse.After(Timeout.InfiniteTimeSpan).ShouldBe(long.MaxValue);
        pulse.After(TimeSpan.FromSeconds(2)).ShouldBe(time.GetTimestamp() + (2 * time.TimestampFrequency));
    }

    private sealed class Counted : Pulsed
    {
        public int Count { get; private set; }

        public Action? Action { get; set; }

        protected internal override void OnPulse(long now)
        {
            Count++;
            Action?.Invoke();
        }
    }
}
