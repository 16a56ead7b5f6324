namespace Sluice.Grains.Streams;

/// <summary>Where the events of one subscription arrive. One call at a time is made for it, and the next when that has been answered.</summary>
[Alias("sluice.turn-receiver")]
public interface ITurnReceiver : IGrainObserver
{
    /// <summary>Takes what comes next; nothing now and then, as a sign of life. False: nobody is there for it any more.</summary>
    [Alias("next")]
    Task<bool> OnNextAsync(Guid subscription, TurnPart part);
}
