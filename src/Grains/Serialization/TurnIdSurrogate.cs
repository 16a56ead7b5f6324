using Sluice.Core.Turns;

namespace Sluice.Grains.Serialization;

/// <summary>What is said of Core's types between processes. Versions run side by side: a member keeps its number and meaning for ever, and a new one may be missing.</summary>
[GenerateSerializer, Immutable, Alias("sluice.turn-id")]
internal struct TurnIdSurrogate
{
    [Id(0)]
    public Guid Value;
}

[RegisterConverter]
internal sealed class TurnIdConverter : IConverter<TurnId, TurnIdSurrogate>
{
    public TurnId ConvertFromSurrogate(in TurnIdSurrogate surrogate) => new(surrogate.Value);

    public TurnIdSurrogate ConvertToSurrogate(in TurnId value) => new() { Value = value.Value };
}
