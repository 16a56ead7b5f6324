using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>What a stream of turns carries: events of one turn that follow one another, as many as were ready.</summary>
[GenerateSerializer, Immutable, Alias("sluice.turn-part")]
public sealed class TurnPart
{
    [Id(0)]
    public PartKind Kind { get; init; }

    /// <summary>In order; the last may be the turn's end. None: a sign of life.</summary>
    [Id(1)]
    public TurnEvent[] Events { get; init; } = [];
}

/// <summary>What a part says besides its events.</summary>
[GenerateSerializer, Alias("sluice.part-kind")]
public enum PartKind : byte
{
    /// <summary>More is to come, if the end is not among them.</summary>
    Events,

    /// <summary>The turn goes on elsewhere: there is more to come behind a new subscription.</summary>
    Moved,

    /// <summary>The turn is not known, or not any more.</summary>
    Unknown,
}
