namespace Sluice.Grains.Streams;

/// <summary>Where the events of all subscriptions of one process arrive.</summary>
[Alias("sluice.turn-receiver")]
public interface ITurnReceiver : IGrainObserver
{
    /// <summary>Takes what comes next for several subscriptions, each of them once at most, and for each of them only when its last has been answered. Returns those for which nobody is there any more.</summary>
    [Alias("next")]
    Task<Guid[]> OnNextAsync(TurnDelivery[] deliveries);
}
