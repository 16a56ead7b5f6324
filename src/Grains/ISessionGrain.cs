using Sluice.Core.Turns;
using Sluice.Grains.Streams;

namespace Sluice.Grains;

/// <summary>
/// A session, wherever in the cluster it is. Its key is that of <see cref="SessionName"/>. A method that is asked twice does the same as once, so that a caller who has lost the answer asks again.
/// </summary>
[Alias("sluice.session")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Hands a request to the session.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="turn">The number of the turn to be.</param>
    /// <param name="isRepeated">It may have been asked before: a turn of this number is the request's own.</param>
    [Alias("start")]
    Task<StartReply> StartAsync(TurnRequest request, TurnId turn, bool isRepeated);

    /// <summary>Where a turn is read. Null: it is not known, or has not come so far.</summary>
    [Alias("find")]
    Task<SiloAddress?> FindAsync(TurnId turn, long cursor);

    /// <summary>Sends the events of a turn behind a cursor, as they come, until its end. False: it is not known.</summary>
    [Alias("subscribe")]
    Task<bool> SubscribeAsync(TurnId turn, long after, Guid subscription, ITurnReceiver receiver);

    /// <summary>Ends a subscription; it does not end the turn.</summary>
    [Alias("unsubscribe")]
    Task UnsubscribeAsync(Guid subscription);

    /// <summary>Cancels a turn that has not ended.</summary>
    [Alias("cancel")]
    Task CancelAsync(TurnId turn);

    /// <summary>Forgets the session. False: it was not known.</summary>
    [Alias("forget")]
    Task<bool> ForgetAsync();

    /// <summary>Has turns go on that were left behind.</summary>
    [Alias("wake")]
    Task WakeAsync();
}
