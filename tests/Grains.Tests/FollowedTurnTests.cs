using System.Reflection;
using System.Threading.Channels;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.Grains.Streams;
using Sluice.TestKit;

namespace Sluice.Grains.Tests;

/// <summary>The readers' side of a turn in another process, with a session that answers when the test wants.</summary>
public sealed class FollowedTurnTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();
    private readonly FarSession _session = new();
    private readonly TurnReceiver _receiver;
    private readonly TurnCopy _copy;
    private readonly FollowedTurn _followed;

    public FollowedTurnTests()
    {
        var grains = DispatchProxy.Create<IGrainFactory, Grains>();
        ((Grains)grains).Session = _session;
        _receiver = new TurnReceiver(grains);
        var turn = TurnId.New();
        _copy = new TurnCopy(SessionId.Parse("s"), turn, new SessionLimits());
        _followed = new FollowedTurn(new TurnStreams(grains, _receiver).GetStream<TurnPart>(StreamId.Create("local/s", turn.Value)), _copy, _time);
    }

    public void Dispose() => _copy.Move();

    [Fact]
    public async Task A_subscription_that_comes_about_when_it_is_not_waited_for_any_more_is_ended()
    {
        var given = _followed.ConnectAsync();
        var late = await _session.NextAsync();
        _time.Advance(Attempt);
        await given.WaitAsync(Patience);
        var again = _followed.ConnectAsync();
        var second = await _session.NextAsync();
        second.Answer.SetResult(true);
        await again.WaitAsync(Patience);

        late.Answer.SetResult(true);

        (await _session.EndedAsync()).ShouldBe(late.Number);
        (await _receiver.OnNextAsync([new(late.Number, new TurnPart()), new(second.Number, new TurnPart())])).ShouldBe([late.Number]);
    }

    private sealed record Asked(Guid Number)
    {
        public TaskCompletionSource<bool> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class FarSession : ISessionGrain
    {
        private readonly Channel<Asked> _asked = Channel.CreateBounded<Asked>(10);
        private readonly Channel<Guid> _ended = Channel.CreateBounded<Guid>(10);

        public async Task<Asked> NextAsync() => await _asked.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public async Task<Guid> EndedAsync() => await _ended.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public async Task<bool> SubscribeAsync(TurnId turn, long after, Guid subscription, ITurnReceiver receiver)
        {
            var asked = new Asked(subscription);
            await _asked.Writer.WriteAsync(asked);
            return await asked.Answer.Task;
        }

        public Task UnsubscribeAsync(Guid subscription) => _ended.Writer.WriteAsync(subscription).AsTask();

        public Task<StartReply> StartAsync(TurnRequest request, TurnId turn, bool isRepeated) => throw new NotSupportedException();

        public Task<SiloAddress?> FindAsync(TurnId turn, long cursor) => throw new NotSupportedException();

        public Task CancelAsync(TurnId turn) => throw new NotSupportedException();

        public Task<bool> ForgetAsync() => throw new NotSupportedException();

        public Task WakeAsync() => throw new NotSupportedException();
    }

    // Of the many ways to a grain there is one here.
    private class Grains : DispatchProxy
    {
        public FarSession? Session { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IGrainFactory.GetGrain) ? Session : targetMethod.Name == nameof(IGrainFactory.CreateObjectReference) ? args![0] : throw new NotSupportedException();
    }
}
