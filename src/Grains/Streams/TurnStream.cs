using Orleans.Streams;

namespace Sluice.Grains.Streams;

/// <summary>The events of one turn.</summary>
internal sealed class TurnStream(TurnStreams streams, StreamId id) : IAsyncStream<TurnPart>
{
    public bool IsRewindable => true;

    public string ProviderName => TurnStreams.ProviderName;

    public StreamId StreamId => id;

    public Task<StreamSubscriptionHandle<TurnPart>> SubscribeAsync(IAsyncObserver<TurnPart> observer) => SubscribeAsync(observer, token: null);

    /// <summary>Without a token, from the beginning.</summary>
    public async Task<StreamSubscriptionHandle<TurnPart>> SubscribeAsync(IAsyncObserver<TurnPart> observer, StreamSequenceToken? token, string? filterData = null)
    {
        var subscription = streams.SubscriptionTo(id);
        try
        {
            return await subscription.ResumeAsync(observer, token);
        }
        catch
        {
            subscription.Release();
            throw;
        }
    }

    public Task<StreamSubscriptionHandle<TurnPart>> SubscribeAsync(IAsyncBatchObserver<TurnPart> observer) => throw PartsAreBatches();

    public Task<StreamSubscriptionHandle<TurnPart>> SubscribeAsync(IAsyncBatchObserver<TurnPart> observer, StreamSequenceToken? token) => throw PartsAreBatches();

    public Task OnNextAsync(TurnPart item, StreamSequenceToken? token = null) => throw OnlyTheSessionWrites();

    public Task OnNextBatchAsync(IEnumerable<TurnPart> batch, StreamSequenceToken? token = null) => throw OnlyTheSessionWrites();

    public Task OnCompletedAsync() => throw OnlyTheSessionWrites();

    public Task OnErrorAsync(Exception ex) => throw OnlyTheSessionWrites();

    /// <summary>None: a subscription belongs to the process that made it, and ends with it.</summary>
    public Task<IList<StreamSubscriptionHandle<TurnPart>>> GetAllSubscriptionHandles() => Task.FromResult<IList<StreamSubscriptionHandle<TurnPart>>>([]);

    public bool Equals(IAsyncStream<TurnPart>? other) => other is TurnStream && other.StreamId == id;

    public override bool Equals(object? obj) => Equals(obj as IAsyncStream<TurnPart>);

    public override int GetHashCode() => id.GetHashCode();

    public int CompareTo(IAsyncStream<TurnPart>? other) => other is null ? 1 : id.CompareTo(other.StreamId);

    private static NotSupportedException OnlyTheSessionWrites() => new("A turn's stream is its log: only its session writes there.");

    private static NotSupportedException PartsAreBatches() => new("What a turn's stream carries are batches already.");
}
