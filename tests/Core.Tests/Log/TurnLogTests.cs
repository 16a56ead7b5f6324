using System.Text;
using Sluice.Core.Log;
using Sluice.Core.Turns;
using Sluice.TestKit;
using TestTurns = Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Log;

public sealed class TurnLogTests
{
    [Fact]
    public async Task Text_within_the_event_is_not_copied_again()
    {
        await using var logged = await LoggedTurn.StartAsync();
        byte[] raw = """{"chunk":"hi"}"""u8.ToArray();
        logged.Log.Append(raw, raw.AsSpan(9, 4));
        logged.Log.Bytes.ShouldBe(raw.Length);
        var e = await logged.NextAsync();
        Encoding.UTF8.GetString(e.Raw.Span).ShouldBe("""{"chunk":"hi"}""");
        Encoding.UTF8.GetString(e.Text.Span).ShouldBe("\"hi\"");
        e.Raw.Span.Overlaps(e.Text.Span).ShouldBeTrue();
    }

    [Fact]
    public async Task Text_of_its_own_is_kept_behind_the_event()
    {
        await using var logged = await LoggedTurn.StartAsync();
        logged.Log.Append("""{"parts":["a","b"]}"""u8, "\"ab\""u8);
        var e = await logged.NextAsync();
        Encoding.UTF8.GetString(e.Raw.Span).ShouldBe("""{"parts":["a","b"]}""");
        Encoding.UTF8.GetString(e.Text.Span).ShouldBe("\"ab\"");
    }

    [Fact]
    public async Task An_event_larger_than_a_segment_is_whole()
    {
        await using var logged = await LoggedTurn.StartAsync();
        var large = Encoding.UTF8.GetBytes(new string('x', 100_000));
        logged.Log.Append("1"u8, default);
        logged.Log.Append(large, default);
        logged.Log.Append("2"u8, default);
        (await logged.NextAsync()).Raw.ToArray().ShouldBe("1"u8.ToArray());
        (await logged.NextAsync()).Raw.ToArray().ShouldBe(large);
        (await logged.NextAsync()).Raw.ToArray().ShouldBe("2"u8.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(401)]
    [InlineData(402)]
    public async Task A_sealed_log_is_read_from_any_cursor(int cursor)
    {
        var log = new TurnLog(maxEvents: 1000, maxBytes: int.MaxValue);
        for (var i = 0; i < 400; i++)
        {
            // Lengths around those at which the numbers before an event take a byte more.
            var raw = Encoding.UTF8.GetBytes($"\"{new string('x', i * 41)}{i}\"");
            log.Append(raw, i % 3 == 0 ? raw : i % 3 == 1 ? "\"else\""u8 : default);
        }

        var end = new TurnEnd { State = TurnState.Completed, At = DateTimeOffset.UnixEpoch };
        log.Complete(end);
        await using var live = log.Open(TestTurns.Key().Session, TurnId.New(), cursor, ReadInterest.EveryEvent);
        await using var again = new TurnLog(log.Seal(), end).Open(TestTurns.Key().Session, TurnId.New(), cursor, ReadInterest.EveryEvent);
        var (expected, actual) = (await live.ReadAsync(), await again.ReadAsync());
        actual.Select(e => (e.Sequence, e.Kind)).ShouldBe(expected.Select(e => (e.Sequence, e.Kind)));
        actual.Select(e => Encoding.UTF8.GetString(e.Raw.Span)).ShouldBe(expected.Select(e => Encoding.UTF8.GetString(e.Raw.Span)));
        actual.Select(e => Encoding.UTF8.GetString(e.Text.Span)).ShouldBe(expected.Select(e => Encoding.UTF8.GetString(e.Text.Span)));
        actual.Count.ShouldBe(402 - cursor);
        if (cursor <= 100)
        {
            actual.Single(e => e.Sequence == 101).Raw.Length.ShouldBe(2 + (99 * 41) + 2);
        }
    }

    [Fact]
    public async Task A_slice_outlives_its_event()
    {
        await using var logged = await LoggedTurn.StartAsync(maxEvents: 2);
        logged.Log.Append("first"u8, default);
        var first = await logged.NextAsync();
        for (var i = 0; i < 1000; i++)
        {
            logged.Log.Append("later"u8, default);
        }

        first.Raw.ToArray().ShouldBe("first"u8.ToArray());
        logged.Log.Bytes.ShouldBe(10);
    }

    [Fact]
    public async Task Nothing_is_appended_after_the_end()
    {
        await using var logged = await LoggedTurn.StartAsync();
        var end = new TurnEnd { State = TurnState.Completed, At = DateTimeOffset.UnixEpoch };
        logged.Log.Complete(end).ShouldBeTrue();
        logged.Log.Append("late"u8, default);
        logged.Log.Complete(end).ShouldBeFalse();
        logged.Log.LastSequence.ShouldBe(2);
        (await logged.NextAsync()).Kind.ShouldBe(TurnEventKind.Completed);
    }

    [Fact]
    public async Task Events_that_arrive_together_wake_a_reader_once()
    {
        await using var logged = await LoggedTurn.StartAsync();
        var wait = logged.Reader.WaitAsync(CancellationToken.None).AsTask();
        logged.Log.Append("1"u8, default);
        logged.Log.Append("2"u8, default);
        wait.IsCompleted.ShouldBeFalse();
        logged.Log.Publish();
        (await wait).ShouldBe(ReadSignal.Events);
        var events = new TurnEvent[8];
        logged.Reader.Read(events).ShouldBe(2);
    }

    [Fact]
    public async Task A_waiting_reader_runs_on_the_thread_that_publishes()
    {
        await using var logged = await LoggedTurn.StartAsync();
        var ranOn = 0;
        async Task FollowAsync()
        {
            await logged.Reader.WaitAsync(CancellationToken.None).ConfigureAwait(false); // as in ASP.NET Core, which has no synchronization context
            ranOn = Environment.CurrentManagedThreadId;
        }

        var following = FollowAsync();
        logged.Log.Append("1"u8, default);
        logged.Log.Publish();
        ranOn.ShouldBe(Environment.CurrentManagedThreadId);
        await following;
    }

    private sealed class LoggedTurn : IAsyncDisposable
    {
        private readonly TurnEvent[] _one = new TurnEvent[1];

        public required TurnLog Log { get; init; }

        public ITurnReader Reader { get; private set; } = null!;

        public static async Task<LoggedTurn> StartAsync(int maxEvents = 1000)
        {
            var logged = new LoggedTurn { Log = new TurnLog(maxEvents, int.MaxValue) };
            logged.Reader = logged.Log.Open(TestTurns.Key().Session, TurnId.New(), cursor: 0, ReadInterest.EveryEvent);
            (await logged.NextAsync()).Kind.ShouldBe(TurnEventKind.Started);
            return logged;
        }

        public ValueTask<TurnEvent> NextAsync()
        {
            Reader.Read(_one).ShouldBe(1);
            return new ValueTask<TurnEvent>(_one[0]);
        }

        public ValueTask DisposeAsync() => Reader.DisposeAsync();
    }
}
