using Orleans.Streams;
using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>A subscription to a turn: an object that the silo calls, kept alive here, for the silo's reference to it holds nothing.</summary>
internal sealed class TurnSubscription : StreamSubscriptionHandle<TurnPart>, ITurnReceiver
{
    private readonly IGrainFactory _grains;
    private readonly TurnStreams _streams;
    private readonly StreamId _stream;
    private readonly ISessionGrain _session;
    private readonly ITurnReceiver _self;
    private IAsyncObserver<TurnPart>? _observer;
    private Guid _current;
    private int _isReleased;

    public TurnSubscription(IGrainFactory grains, TurnStreams streams, StreamId stream)
    {
        (_grains, _streams, _stream) = (grains, streams, stream);
        _session = grains.GetGrain<ISessionGrain>(stream.GetNamespace()!);
        _self = grains.CreateObjectReference<ITurnReceiver>(this);
    }

    public override StreamId StreamId => _stream;

    public override string ProviderName => TurnStreams.ProviderName;

    public override Guid HandleId => _current;

    /// <summary>Subscribes, or does so again wherever the turn is now: what an earlier subscription still sends is not taken any more.</summary>
    public override async Task<StreamSubscriptionHandle<TurnPart>> ResumeAsync(IAsyncObserver<TurnPart> observer, StreamSequenceToken? token = null)
    {
        _observer = observer;
        _current = Guid.NewGuid();
        if (!await _session.SubscribeAsync(new(Guid.ParseExact(_stream.GetKeyAsString(), "N")), token?.SequenceNumber ?? 0, _current, _self))
        {
            await observer.OnNextAsync(new TurnPart { Kind = PartKind.Unknown });
        }

        return this;
    }

    public override Task<StreamSubscriptionHandle<TurnPart>> ResumeAsync(IAsyncBatchObserver<TurnPart> observer, StreamSequenceToken? token = null) =>
        throw new NotSupportedException("What a turn's stream carries are batches already.");

    public override async Task UnsubscribeAsync()
    {
        var left = _current;
        _current = Guid.Empty;
        try
        {
            // One that has brought the end is over.
            if (left != Guid.Empty)
            {
                await _session.UnsubscribeAsync(left);
            }
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Nothing arrives any more.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            _streams.Release(this);
            _grains.DeleteObjectReference<ITurnReceiver>(_self);
        }
    }

    public override bool Equals(StreamSubscriptionHandle<TurnPart>? other) => ReferenceEquals(this, other);

    async Task<bool> ITurnReceiver.OnNextAsync(Guid subscription, TurnPart part)
    {
        if (subscription != _current)
        {
            return false;
        }

        TurnEvent? last = part.Events is [.., var newest] ? newest : null;
        await _observer!.OnNextAsync(part, last is { } next ? new TurnSequence(next.Sequence) : null);
        if (last is not { End: not null })
        {
            return true;
        }

        // It is over.
        _current = Guid.Empty;
        Release();
        return false;
    }
}
