namespace Sluice.Api.Probing;

/// <summary>What one question to a gateway came to.</summary>
internal sealed record ProbeStep
{
    /// <summary>What was asked: <c>health</c>, <c>card</c>, <c>invoke</c> or <c>stream</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Why it is not well; null: it is. Never what was said in a turn.</summary>
    public string? Problem { get; init; }

    /// <summary>HTTP status; null: there was no answer.</summary>
    public int? Status { get; init; }

    /// <summary>From asking to the last byte, or to giving up.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>From asking to the first event of a stream.</summary>
    public TimeSpan? FirstEvent { get; init; }

    /// <summary>Events of a stream.</summary>
    public int? Events { get; init; }

    /// <summary>What the gateway's logs and traces call it.</summary>
    public string? TraceId { get; init; }

    public bool IsWell => Problem is null;
}
