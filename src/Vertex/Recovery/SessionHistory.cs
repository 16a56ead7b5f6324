namespace Sluice.Vertex.Recovery;

/// <summary>An engine's session as it was read once.</summary>
/// <param name="Events">In the engine's order.</param>
/// <param name="ReadAt">By the engine's own clock; null when it did not tell.</param>
internal sealed record SessionHistory(IReadOnlyList<SessionEvent> Events, DateTimeOffset? ReadAt)
{
    /// <summary>How long ago an event was, by the engine's clock alone; null when that cannot be told.</summary>
    public TimeSpan? AgeOf(SessionEvent e) => ReadAt is { } now && e.At.IsKnown ? now - e.At.Time : null;
}
