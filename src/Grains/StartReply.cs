using Sluice.Core.Limits;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Grains;

/// <summary>A session's answer to a request.</summary>
[GenerateSerializer, Immutable, Alias("sluice.start-reply")]
public sealed class StartReply
{
    [Id(0)]
    public Refusal Refusal { get; init; }

    /// <summary>The turn that serves the request, unless that was refused.</summary>
    [Id(1)]
    public TurnId Turn { get; init; }

    /// <summary>It was there already, found by its idempotency key.</summary>
    [Id(2)]
    public bool Attached { get; init; }

    /// <summary>Where it is read: there, a reader is kept for a moment.</summary>
    [Id(3)]
    public SiloAddress? Silo { get; init; }

    /// <summary>Which limit refused it, and until when; null: none did, or the silo is of a version that does not tell.</summary>
    [Id(4)]
    public Shortage? Shortage { get; init; }
}
