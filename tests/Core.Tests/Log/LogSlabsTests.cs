using System.Text;
using Sluice.Core.Log;
using Sluice.Core.Turns;
using Sluice.TestKit;
using TestTurns = Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Log;

public sealed class LogSlabsTests
{
    private const int Bound = 64 * 1024;

    private static readonly TurnEnd End = new() { State = TurnState.Completed, At = DateTimeOffset.UnixEpoch };

    [Fact]
    public async Task Kept_events_are_those_of_the_log()
    {
        var slabs = new LogSlabs(Bound);
        var logs = Enumerable.Range(0, 200).Select(i => Log($"\"{i}\"", $"\"{new string('x', i)}\"")).ToList();
        var kept = logs.Select(log => slabs.Keep(log.Seal())).ToList();
        for (var i = 0; i < kept.Count; i++)
        {
            (await WordsAsync(kept[i])).ShouldBe($"started \"{i}\" \"{new string('x', i)}\" completed");
        }
    }

    [Fact]
    public async Task What_was_dropped_at_the_logs_bound_is_not_kept()
    {
        var log = new TurnLog(maxEvents: 2, maxBytes: int.MaxValue);
        foreach (var text in (string[])["\"1\"", "\"2\"", "\"3\""])
        {
            log.Append(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(text));
        }

        log.Complete(End);
        (await WordsAsync(new LogSlabs(Bound).Keep(log.Seal()))).ShouldBe("started gap \"2\" \"3\" completed");
    }

    [Fact]
    public async Task A_slab_counts_until_its_last_turn_is_released_and_is_never_written_twice()
    {
        var slabs = new LogSlabs(Bound);
        var (first, second) = (slabs.Keep(Log("\"one\"").Seal()), slabs.Keep(Log("\"two\"").Seal()));
        var both = slabs.Bytes;
        both.ShouldBeGreaterThan(10);
        slabs.Release(first);
        slabs.Bytes.ShouldBe(both);
        slabs.Release(second);
        slabs.Bytes.ShouldBe(0);

        // A reader may still hold on to what was released.
        slabs.Keep(Log("\"six\"").Seal());
        (await WordsAsync(first)).ShouldBe("started \"one\" completed");
    }

    [Fact]
    public async Task A_log_too_large_for_a_slab_counts_by_itself()
    {
        var slabs = new LogSlabs(Bound);
        var text = $"\"{new string('x', 300)}\"";
        var kept = slabs.Keep(Log(text).Seal());
        slabs.Bytes.ShouldBe(302 * 2);
        (await WordsAsync(kept)).ShouldBe($"started {text} completed");
        slabs.Release(kept);
        slabs.Bytes.ShouldBe(0);
    }

    [Fact]
    public void A_log_without_events_takes_nothing()
    {
        var slabs = new LogSlabs(Bound);
        slabs.Release(slabs.Keep(Log().Seal()));
        slabs.Bytes.ShouldBe(0);
    }

    private static TurnLog Log(params string[] texts)
    {
        var log = new TurnLog(maxEvents: 1000, maxBytes: int.MaxValue);
        foreach (var text in texts)
        {
            log.Append(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(text));
        }

        log.Complete(End);
        return log;
    }

    private static async Task<string> WordsAsync(SealedLog log)
    {
        await using var reader = new TurnLog(log, End).Open(TestTurns.Key().Session, TurnId.New(), cursor: 0, ReadInterest.EveryEvent);
        return (await reader.ReadAsync()).Words();
    }
}
