using Sluice.Api.Problems;

namespace Sluice.Api.Streaming;

/// <summary>What a stream's unnamed events hold.</summary>
internal enum StreamFormat : byte
{
    /// <summary><c>{"chunk":"..."}</c>: the text of each event that has some.</summary>
    Chunks,

    /// <summary>The engine's own events.</summary>
    Events,
}

internal static class StreamFormats
{
    /// <summary>Reads <c>?format=</c>.</summary>
    public static Problem? TryRead(HttpRequest request, out StreamFormat format)
    {
        format = StreamFormat.Chunks;
        if (!request.QueryString.HasValue || !request.Query.TryGetValue("format", out var value))
        {
            return null;
        }

        switch (value.ToString())
        {
            case "chunks":
                return null;
            case "events":
                format = StreamFormat.Events;
                return null;
            default:
                return Problem.Invalid("format", "must be chunks or events.");
        }
    }
}
