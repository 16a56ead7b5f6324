using System.Text.Json;
using Sluice.Core.Turns;
using Sluice.Vertex.Dialects;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Recovery;

/// <summary>What a person said with a request, as the engine's session will have it.</summary>
internal static class MessageText
{
    /// <returns>Null when the request has no message.</returns>
    public static string? Of(TurnInput input)
    {
        if (input.IsText)
        {
            return JsonText.Value(input.Json.Span);
        }

        try
        {
            var reader = new Utf8JsonReader(input.Json.Span, new JsonReaderOptions { MaxDepth = EventParser.MaxDepth });
            var message = JsonElement.ParseValue(ref reader).Member("message", "message");
            return message?.ValueKind == JsonValueKind.Object ? SessionEvent.TextOf(message.Value.Member("parts", "parts")) : message?.Text();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
