namespace Sluice.Vertex.Recovery;

/// <summary>What is known here of a turn whose end is not.</summary>
internal sealed record TurnMemory
{
    /// <summary>What the person said, as <see cref="SessionEvent.Text"/> has it; null when the request has no such message.</summary>
    public required string? Message { get; init; }

    public required StreamedEvents Streamed { get; init; }

    /// <inheritdoc cref="Core.Engines.EngineSession.LastInvocation"/>
    public string? LastInvocation { get; init; }

    /// <summary>When the last event was before this turn; null: not known.</summary>
    public DateTimeOffset? LastEventAt { get; init; }
}
