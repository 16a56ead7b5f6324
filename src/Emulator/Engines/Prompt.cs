using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Engines;

/// <summary>Finds what was asked in the many shapes a request may have.</summary>
internal static class Prompt
{
    /// <summary>The text of a request's input, whatever the method; null if there is none.</summary>
    public static string? In(JsonObject input)
    {
        if (input["request_json"] is JsonValue json && json.TryGetValue<string>(out var text)) return Parse(text) is { } request ? Of(request["message"]) : null;
        return Of(input["message"]) ?? Of(input["text"]) ?? Of(input["input"]);
    }

    /// <summary>The text of a string, a genai Content, or a LangChain input with messages.</summary>
    public static string? Of(JsonNode? node) => node switch
    {
        JsonValue v when v.TryGetValue<string>(out var text) => text,
        JsonObject o when o["parts"] is JsonArray parts => string.Concat(parts.Select(p => (p as JsonObject)?["text"]?.ToString())),
        JsonObject o when o["messages"] is JsonArray { Count: > 0 } messages => Of((messages[^1] as JsonObject)?["content"]),
        JsonObject o when o["input"] is { } inner => Of(inner),
        _ => null,
    };

    public static JsonObject? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
