using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Wire;

/// <summary>Turns the member names of a genai object from Python's spelling to proto JSON's.</summary>
internal static class Spelling
{
    // What a tool is called with and answers, and what a session remembers, are user data: their names stay.
    private static readonly HashSet<string> UserData = new(StringComparer.Ordinal) { "args", "response", "state", "state_delta", "stateDelta", "artifact_delta" };

    public static JsonObject Camel(JsonObject source)
    {
        var result = new JsonObject();
        foreach (var (name, value) in source) result[Camel(name)] = UserData.Contains(name) ? value?.DeepClone() : Camel(value);
        return result;
    }

    private static JsonNode? Camel(JsonNode? node) => node switch
    {
        JsonObject o => Camel(o),
        JsonArray a => new JsonArray([.. a.Select(Camel)]),
        _ => node?.DeepClone(),
    };

    private static string Camel(string name)
    {
        if (!name.Contains('_', StringComparison.Ordinal)) return name;
        var text = new StringBuilder(name.Length);
        var upper = false;
        foreach (var c in name)
        {
            if (c != '_') text.Append(upper ? char.ToUpperInvariant(c) : c);
            upper = c == '_';
        }
        return text.ToString();
    }
}
