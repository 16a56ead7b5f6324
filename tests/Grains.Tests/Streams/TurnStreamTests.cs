using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Grains.Streams;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Grains.Tests.Streams;

/// <summary>A turn as an Orleans stream.</summary>
public sealed class TurnStreamTests : IAsyncLifetime
{
    private readonly ScriptedEngine _engine = new();
    private TestSilos _silos = null!;

    public async Task InitializeAsync() => _silos = await TestSilos.StartAsync(_engine, new SessionLimits(), TimeProvider.System, new RecordingObserver());

    public async Task DisposeAsync() => await _silos.DisposeAsync();

    [Fact]
    public async Task A_subscription_gets_what_was_there_and_what_comes_in_order_until_the_end()
    {
        var (stream, call) = await StartAsync();
        call.Emit("a");
        var observer = new Observer();
        await stream.SubscribeAsync(observer);
        call.Emit("b");
        call.Complete();
        (await observer.ReadToEndAsync()).Words().ShouldBe("""started "a" "b" completed""");
    }

    [Fact]
    public async Task A_subscription_with_a_token_gets_what_comes_after_it()
    {
        var (stream, call) = await StartAsync();
        call.Emit("a", "b");
        var observer = new Observer();
        await stream.SubscribeAsync(observer, new TurnSequence(2));
        call.Complete();
        (await observer.ReadToEndAsync()).Words().ShouldBe("\"b\" completed");
        observer.Tokens.ShouldContain(token => token.SequenceNumber == 4);
    }

    [Fact]
    public async Task A_subscription_that_is_resumed_hears_nothing_of_what_was_before()
    {
        var (stream, call) = await StartAsync();
        var first = new Observer();
        var subscription = await stream.SubscribeAsync(first);
        var second = new Observer();
        await subscription.ResumeAsync(second, new TurnSequence(1));
        call.Emit("a");
        call.Complete();
        (await second.ReadToEndAsync()).Words().ShouldBe("\"a\" completed");
        first.Heard.ShouldNotContain(heard => heard.Kind != TurnEventKind.Started);
    }

    [Fact]
    public async Task A_silent_turn_gives_a_sign_of_life()
    {
        var (stream, call) = await StartAsync();
        var observer = new Observer();
        await stream.SubscribeAsync(observer, new TurnSequence(1));
        (await observer.NextAsync()).Events.ShouldBeEmpty();
        call.Complete();
    }

    [Fact]
    public async Task A_turn_that_is_not_known_is_said_to_be_so()
    {
        var (stream, call) = await StartAsync();
        var unknown = Provider().GetStream<TurnPart>(StreamId.Create(stream.StreamId.GetNamespace(), Guid.NewGuid()));
        var observer = new Observer();
        await unknown.SubscribeAsync(observer);
        (await observer.NextAsync()).Kind.ShouldBe(PartKind.Unknown);
        call.Complete();
    }

    [Fact]
    public async Task What_arrives_for_nobody_is_said_to_be_unwanted()
    {
        var nobody = Guid.NewGuid();
        var receiver = _silos.ServicesOf(2).GetRequiredService<TurnReceiver>();
        (await receiver.OnNextAsync([new TurnDelivery(nobody, new TurnPart())])).ShouldBe([nobody]);
    }

    [Fact]
    public async Task An_observer_that_fails_is_told_so_and_the_others_go_on()
    {
        var (stream, call) = await StartAsync();
        var failing = new FailingObserver();
        await stream.SubscribeAsync(failing);
        var observer = new Observer();
        await stream.SubscribeAsync(observer);
        call.Emit("a");
        call.Complete();
        (await observer.ReadToEndAsync()).Words().ShouldBe("""started "a" completed""");
        (await failing.ToldAsync()).Message.ShouldBe(FailingObserver.Reason);
        failing.Calls.ShouldBe(1, "it is not there any more");
    }

    [Fact]
    public async Task Only_its_session_writes_to_a_turn()
    {
        var (stream, call) = await StartAsync();
        await Should.ThrowAsync<NotSupportedException>(() => stream.OnNextAsync(new TurnPart()));
        call.Complete();
    }

    // In the third silo, of a turn in the first.
    private IStreamProvider Provider() => _silos.ServicesOf(2).GetRequiredService<IClusterClient>().GetStreamProvider("turns");

    private async Task<(IAsyncStream<TurnPart> Stream, ScriptedCall Call)> StartAsync()
    {
        var admission = await _silos.Host.StartAsync(Request("hello"), ReadInterest.EveryEvent, CancellationToken.None);
        return (Provider().GetStream<TurnPart>(StreamId.Create("local/s1", admission.Reader!.Turn.Value)), await _engine.NextCallAsync());
    }

    private sealed class FailingObserver : IAsyncObserver<TurnPart>
    {
        public const string Reason = "It cannot take anything.";

        private readonly TaskCompletionSource<Exception> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _calls;

        public int Calls => _calls;

        public Task OnNextAsync(TurnPart item, StreamSequenceToken? token = null)
        {
            Interlocked.Increment(ref _calls);
            throw new InvalidOperationException(Reason);
        }

        public Task OnErrorAsync(Exception ex)
        {
            _told.TrySetResult(ex);
            return Task.CompletedTask;
        }

        public async Task<Exception> ToldAsync() => await _told.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private sealed class Observer : IAsyncObserver<TurnPart>
    {
        private readonly Channel<TurnPart> _parts = Channel.CreateBounded<TurnPart>(1000);

        public List<TurnEvent> Heard { get; } = [];

        public List<StreamSequenceToken> Tokens { get; } = [];

        public Task OnNextAsync(TurnPart item, StreamSequenceToken? token = null)
        {
            Heard.AddRange(item.Events);
            if (token is not null)
            {
                Tokens.Add(token);
            }

            return _parts.Writer.WriteAsync(item).AsTask();
        }

        public Task OnErrorAsync(Exception ex) => throw ex;

        public async Task<TurnPart> NextAsync() => await _parts.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        public async Task<List<TurnEvent>> ReadToEndAsync()
        {
            List<TurnEvent> all = [];
            while (all is not [.., { End: not null }])
            {
                all.AddRange((await NextAsync()).Events);
            }

            return all;
        }
    }
}
