using Orleans.Streams;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Grains.Streams;

/// <summary>
/// Streams of turns: one for each turn, in the namespace of its session. What is in it comes from the turn's log alone, is pushed as it comes, and can be asked for again from any place: a
/// subscription is a reader on the log, carried to another process.
/// </summary>
internal sealed class TurnStreams(IGrainFactory grains, TurnReceiver receiver) : IStreamProvider
{
    public const string ProviderName = "turns";

    public string Name => ProviderName;

    public bool IsRewindable => true;

    public static StreamId IdOf(SessionKey session, TurnId turn) => StreamId.Create(SessionName.Of(session), turn.Value);

    /// <exception cref="ArgumentException">It is not a stream of <see cref="TurnPart"/>.</exception>
    public IAsyncStream<T> GetStream<T>(StreamId streamId) =>
        new TurnStream(this, streamId) as IAsyncStream<T> ?? throw new ArgumentException($"A stream of turns carries {nameof(TurnPart)}, not {typeof(T).Name}.", nameof(streamId));

    internal TurnSubscription SubscriptionTo(StreamId stream) => new(grains.GetGrain<ISessionGrain>(stream.GetNamespace()!), receiver, stream);
}
