using System.Text;
using System.Threading.Channels;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.Grains.Streams;
using Sluice.TestKit;

namespace Sluice.Grains.Tests.Streams;

/// <summary>What a silo sends to one other process.</summary>
public sealed class OutboxTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly Receiver _receiver = new();
    private readonly TurnPumps _pumps;

    public OutboxTests() => _pumps = new TurnPumps(new KeptReaders(_time), _time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _receiver.AnswerAll();
        await _pumps.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    [Fact]
    public async Task What_becomes_ready_while_calls_are_under_way_goes_out_in_one()
    {
        var turns = await SubscribeAsync(5);
        turns[0].Append("a");
        var first = await _receiver.NextAsync();
        turns[1].Append("b");
        var second = await _receiver.NextAsync();
        foreach (var turn in turns)
        {
            turn.Append("c");
        }

        turns[2].Append("d");
        (first.Count, second.Count).ShouldBe((1, 1));
        _receiver.HasMore.ShouldBeFalse("two calls are under way");

        first.Answer();
        var third = await _receiver.NextAsync();

        // Of the second turn nothing is sent before its last has been answered.
        third.WordsOf(turns[0]).ShouldBe("c");
        third.WordsOf(turns[1]).ShouldBeNull();
        third.WordsOf(turns[2]).ShouldBe("c d");
        third.Count.ShouldBe(4);
        second.Answer();
        (await _receiver.NextAsync()).WordsOf(turns[1]).ShouldBe("c");
    }

    [Fact]
    public async Task Whoever_is_not_wanted_any_more_is_not_sent_and_the_others_are()
    {
        var (unwanted, wanted) = (await SubscribeAsync(_receiver), await SubscribeAsync(_receiver));
        unwanted.Append("a");
        (await _receiver.NextAsync()).Answer(unwanted.Subscription);
        await unwanted.LeftAsync();

        wanted.Append("b");
        unwanted.Append("c");

        (await _receiver.NextAsync()).WordsOf(wanted).ShouldBe("b");
        _receiver.HasMore.ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_that_fails_ends_those_it_was_made_for_and_nobody_else()
    {
        var (lost, other) = (await SubscribeAsync(_receiver), await SubscribeAsync(_receiver));
        lost.Append("a");
        (await _receiver.NextAsync()).Fail(new TimeoutException());
        await lost.LeftAsync();

        other.Append("b");

        (await _receiver.NextAsync()).WordsOf(other).ShouldBe("b");
    }

    [Fact]
    public async Task Much_at_once_goes_out_in_several_calls()
    {
        const int Large = 200_000;
        var busy = await SubscribeAsync(2);
        var calls = new List<Call>();
        foreach (var turn in busy)
        {
            turn.Append("a");
            calls.Add(await _receiver.NextAsync());
        }

        var large = await SubscribeAsync(4);
        large.ForEach(turn => turn.Append(new string('x', Large)));

        calls[0].Answer();
        var next = await _receiver.NextAsync();
        next.Count.ShouldBe(2, "the second made it more than enough");
        calls[1].Answer();
        (await _receiver.NextAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_subscribes_does_not_wait_behind_calls_that_are_not_answered()
    {
        foreach (var stuck in await SubscribeAsync(2))
        {
            stuck.Append("a");
            await _receiver.NextAsync();
        }

        (await SubscribeAsync(_receiver)).Append("waits");
        _time.Advance(TimeSpan.FromSeconds(2));
        (await SubscribeAsync(_receiver)).Append("b");

        (await _receiver.NextAsync()).Words.ShouldContain("b");
    }

    [Fact]
    public async Task Two_processes_do_not_wait_for_each_other()
    {
        foreach (var stuck in await SubscribeAsync(2))
        {
            stuck.Append("a");
            await _receiver.NextAsync();
        }

        var other = new Receiver();
        (await SubscribeAsync(other)).Append("b");

        (await other.NextAsync()).Words.ShouldBe(["b"]);
        other.AnswerAll();
    }

    private async Task<List<Turn>> SubscribeAsync(int count)
    {
        var turns = new List<Turn>();
        while (turns.Count < count)
        {
            turns.Add(await SubscribeAsync(_receiver));
        }

        return turns;
    }

    // What is appended behind this is there to be sent when the append returns.
    private async Task<Turn> SubscribeAsync(Receiver receiver)
    {
        var turn = new Turn();
        _pumps.Start(turn.Subscription, turn.Reader, receiver);
        await turn.Reader.Waits.WaitAsync(Patience);
        return turn;
    }

    private sealed class Turn
    {
        private readonly TurnCopy _log = new(SessionId.Parse("s"), TurnId.New(), new SessionLimits());

        // Behind the event that each turn begins with.
        public Turn() => Reader = new WatchedReader(_log.Open(_log.LastSequence, ReadInterest.EveryEvent));

        public Guid Subscription { get; } = Guid.NewGuid();

        public WatchedReader Reader { get; }

        public void Append(string word) => _log.TryAppend([new TurnEvent
        {
            Sequence = _log.LastSequence + 1,
            Kind = TurnEventKind.Delta,
            Raw = Encoding.UTF8.GetBytes(word),
        }]).ShouldBeTrue();

        public Task LeftAsync() => Reader.Left.WaitAsync(Patience);
    }

    private sealed class WatchedReader(ITurnReader reader) : ITurnReader
    {
        private readonly TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waits => _waits.Task;

        public Task Left => _left.Task;

        public SessionId Session => reader.Session;

        public TurnId Turn => reader.Turn;

        public TurnEnd? End => reader.End;

        public int Read(Span<TurnEvent> events) => reader.Read(events);

        public ValueTask<ReadSignal> WaitAsync(CancellationToken cancellationToken)
        {
            var signal = reader.WaitAsync(cancellationToken);
            _waits.TrySetResult();
            return signal;
        }

        public void Wake() => reader.Wake();

        public async ValueTask DisposeAsync()
        {
            await reader.DisposeAsync();
            _left.TrySetResult();
        }
    }

    private sealed class Call(TurnDelivery[] deliveries)
    {
        private readonly TaskCompletionSource<Guid[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Guid[]> Answered => _answer.Task;

        public int Count => deliveries.Length;

        public IEnumerable<string> Words => deliveries.Select(delivery => WordsOf(delivery.Part));

        public string? WordsOf(Turn turn) => deliveries.Where(delivery => delivery.Subscription == turn.Subscription).Select(delivery => WordsOf(delivery.Part)).SingleOrDefault();

        public void Answer(params Guid[] unwanted) => _answer.TrySetResult(unwanted);

        public void Fail(Exception reason) => _answer.TrySetException(reason);

        private static string WordsOf(TurnPart part) => string.Join(' ', part.Events.Select(e => Encoding.UTF8.GetString(e.Raw.Span)));
    }

    private sealed class Receiver : ITurnReceiver
    {
        private readonly Channel<Call> _calls = Channel.CreateBounded<Call>(100);
        private readonly List<Call> _all = [];
        private bool _answersAtOnce;

        public bool HasMore => _calls.Reader.TryPeek(out _);

        public async Task<Call> NextAsync() => await _calls.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public void AnswerAll()
        {
            lock (_all)
            {
                _answersAtOnce = true;
                _all.ForEach(call => call.Answer());
            }
        }

        Task<Guid[]> ITurnReceiver.OnNextAsync(TurnDelivery[] deliveries)
        {
            var call = new Call(deliveries);
            lock (_all)
            {
                _all.Add(call);
                if (_answersAtOnce)
                {
                    call.Answer();
                }
            }

            _calls.Writer.TryWrite(call).ShouldBeTrue();
            return call.Answered;
        }
    }
}
