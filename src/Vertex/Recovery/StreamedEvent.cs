namespace Sluice.Vertex.Recovery;

/// <summary>One whole event that a stream brought, as little of it as finds it again in the engine's session.</summary>
/// <param name="IdHash">Of its id; 0: it had none.</param>
/// <param name="At">When it was.</param>
/// <remarks>The session may call it by another id than the stream did, but not say another time: the engine gives it both before either.</remarks>
internal readonly record struct StreamedEvent(ulong IdHash, EventStamp At)
{
    /// <summary>FNV-1a: ids are random already, and told apart within one turn only.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> id)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in id)
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        return hash;
    }
}
