using System.Collections.Concurrent;
using Orleans.Streams;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Grains.Streams;

/// <summary>
/// Streams of turns: one for each turn, in the namespace of its session. What is in it comes from the turn's log alone, is pushed as it comes, and can be asked for again from any place: a
/// subscription is a reader on the log, carried to another process.
/// </summary>
internal sealed class TurnStreams(IGrainFactory grains) : IStreamProvider
{
    public const string ProviderName = "turns";

    // What a silo calls is held weakly by Orleans; and who subscribes need not keep the handle.
    private readonly ConcurrentDictionary<TurnSubscription, StreamId> _subscriptions = new();

    public string Name => ProviderName;

    public bool IsRewindable => true;

    public static StreamId IdOf(SessionKey session, TurnId turn) => StreamId.Create(SessionName.Of(session), turn.Value);

    /// <exception cref="ArgumentException">It is not a stream of <see cref="TurnPart"/>.</exception>
    public IAsyncStream<T> GetStream<T>(StreamId streamId) =>
        new TurnStream(this, streamId) as IAsyncStream<T> ?? throw new ArgumentException($"A stream of turns carries {nameof(TurnPart)}, not {typeof(T).Name}.", nameof(streamId));

    internal TurnSubscription Keep(StreamId stream)
    {
        var subscription = new TurnSubscription(grains, this, stream);
        _subscriptions[subscription] = stream;
        return subscription;
    }

    internal void Release(TurnSubscription subscription) => _subscriptions.TryRemove(subscription, out _);
}
