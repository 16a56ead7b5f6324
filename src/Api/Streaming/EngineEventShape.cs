using System.Text.Json;

namespace Sluice.Api.Streaming;

/// <summary>Tells what an event without text is, from its outside alone.</summary>
internal static class EngineEventShape
{
    /// <summary>
    /// An event of the Agent Development Kit, in either spelling: function calls, state, usage. One that says no text has nothing for a reader of text; any other
    /// engine's event is passed on as it is, for nobody here knows what it means.
    /// </summary>
    public static bool IsAgentEvent(ReadOnlySpan<byte> raw)
    {
        // The log holds valid JSON of any depth.
        var json = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = int.MaxValue });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            // As written: no serializer escapes these, and to unescape any other name could fail on half of a surrogate pair.
            var name = json.ValueSpan;
            if (name.SequenceEqual("author"u8) || name.SequenceEqual("content"u8)
                || name.SequenceEqual("invocation_id"u8) || name.SequenceEqual("invocationId"u8))
            {
                return true;
            }

            json.Skip();
        }

        return false;
    }
}
