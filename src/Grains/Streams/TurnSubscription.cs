using Orleans.Streams;
using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>A subscription to a turn, under a new number each time it is made.</summary>
internal sealed class TurnSubscription(ISessionGrain session, TurnReceiver receiver, StreamId stream) : StreamSubscriptionHandle<TurnPart>
{
    private IAsyncObserver<TurnPart>? _observer;
    private Guid _current;

    public override StreamId StreamId => stream;

    public override string ProviderName => TurnStreams.ProviderName;

    public override Guid HandleId => _current;

    /// <summary>Subscribes, or does so again wherever the turn is now: what an earlier subscription still sends is not taken any more.</summary>
    public override async Task<StreamSubscriptionHandle<TurnPart>> ResumeAsync(IAsyncObserver<TurnPart> observer, StreamSequenceToken? token = null)
    {
        _observer = observer;
        receiver.Remove(_current);
        _current = Guid.NewGuid();
        receiver.Add(_current, this);
        if (!await session.SubscribeAsync(new(Guid.ParseExact(stream.GetKeyAsString(), "N")), token?.SequenceNumber ?? 0, _current, receiver.Reference))
        {
            await observer.OnNextAsync(new TurnPart { Kind = PartKind.Unknown });
        }

        return this;
    }

    public override Task<StreamSubscriptionHandle<TurnPart>> ResumeAsync(IAsyncBatchObserver<TurnPart> observer, StreamSequenceToken? token = null) =>
        throw new NotSupportedException("What a turn's stream carries are batches already.");

    public override async Task UnsubscribeAsync()
    {
        // One that has brought the end is over.
        var left = _current;
        if (Release())
        {
            await session.UnsubscribeAsync(left);
        }
    }

    /// <summary>Nothing arrives any more. False: nothing did.</summary>
    public bool Release() => receiver.Remove(_current);

    public override bool Equals(StreamSubscriptionHandle<TurnPart>? other) => ReferenceEquals(this, other);

    /// <summary>Takes what has arrived for it. False: nothing is to come any more.</summary>
    public async Task<bool> OnNextAsync(TurnPart part)
    {
        TurnEvent? last = part.Events is [.., var newest] ? newest : null;
        await _observer!.OnNextAsync(part, last is { } next ? new TurnSequence(next.Sequence) : null);
        return last is not { End: not null };
    }

    /// <summary>What has arrived could not be taken.</summary>
    public Task OnErrorAsync(Exception failure) => _observer!.OnErrorAsync(failure);
}
