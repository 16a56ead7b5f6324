namespace Sluice.Grains.Streams;

/// <summary>What comes next for one subscription.</summary>
/// <param name="Subscription">Whose it is.</param>
/// <param name="Part">Its events; nothing now and then, as a sign of life.</param>
[GenerateSerializer, Immutable, Alias("sluice.turn-delivery")]
public readonly record struct TurnDelivery([property: Id(0)] Guid Subscription, [property: Id(1)] TurnPart Part);
