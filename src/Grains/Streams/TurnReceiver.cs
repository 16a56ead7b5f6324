using System.Collections.Concurrent;

namespace Sluice.Grains.Streams;

/// <summary>All the subscriptions of this process, and the one object that silos call for them: kept alive here, for their reference to it holds nothing.</summary>
internal sealed class TurnReceiver : ITurnReceiver
{
    private readonly ConcurrentDictionary<Guid, TurnSubscription> _subscriptions = new();
    private readonly Lazy<ITurnReceiver> _reference;

    public TurnReceiver(IGrainFactory grains) => _reference = new(() => grains.CreateObjectReference<ITurnReceiver>(this));

    /// <summary>For silos.</summary>
    public ITurnReceiver Reference => _reference.Value;

    public void Add(Guid number, TurnSubscription subscription) => _subscriptions[number] = subscription;

    /// <summary>What still arrives under that number is not wanted any more. False: it was not before.</summary>
    public bool Remove(Guid number) => _subscriptions.TryRemove(number, out _);

    public async Task<Guid[]> OnNextAsync(TurnDelivery[] deliveries)
    {
        List<Guid>? unwanted = null;
        foreach (var (number, part) in deliveries)
        {
            if (!_subscriptions.TryGetValue(number, out var subscription) || !await TakeAsync(subscription, part))
            {
                _subscriptions.TryRemove(number, out _);
                (unwanted ??= []).Add(number);
            }
        }

        return unwanted?.ToArray() ?? [];
    }

    private static async Task<bool> TakeAsync(TurnSubscription subscription, TurnPart part)
    {
        try
        {
            return await subscription.OnNextAsync(part);
        }
        catch (Exception failure)
        {
            // The others' events are not lost by that.
            await subscription.OnErrorAsync(failure);
            return false;
        }
    }
}
