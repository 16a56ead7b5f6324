using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Wire;

/// <summary>A value as Python's repr shows it; the service echoes a failed call's arguments this way.</summary>
internal static class PythonRepr
{
    public static string Of(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    public static string Of(string value)
    {
        var text = new StringBuilder();
        Quote(text, value);
        return text.ToString();
    }

    public static string List(IEnumerable<string> values) => "[" + string.Join(", ", values.Select(Of)) + "]";

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                text.Append('{');
                var first = true;
                foreach (var (name, value) in o)
                {
                    if (!first) text.Append(", ");
                    first = false;
                    Quote(text, name);
                    text.Append(": ");
                    Append(text, value);
                }
                text.Append('}');
                break;
            case JsonArray a:
                text.Append('[');
                for (var i = 0; i < a.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    Append(text, a[i]);
                }
                text.Append(']');
                break;
            case JsonValue v:
                Append(text, v);
                break;
            default:
                text.Append("None");
                break;
        }
    }

    private static void Append(StringBuilder text, JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                Quote(text, value.GetValue<string>());
                break;
            case JsonValueKind.Number:
                var number = value.ToJsonString();
                text.Append(number.AsSpan().ContainsAny('.', 'e', 'E') ? PythonFloat.Repr(value.AsDouble()) : number);
                break;
            default:
                text.Append(value.GetValueKind() == JsonValueKind.True ? "True" : "False");
                break;
        }
    }

    private static void Quote(StringBuilder text, string value)
    {
        var quote = value.Contains('\'') && !value.Contains('"') ? '"' : '\'';
        text.Append(quote);
        foreach (var c in value)
        {
            if (c == quote || c == '\\') text.Append('\\').Append(c);
            else if (c == '\n') text.Append("\\n");
            else if (c == '\r') text.Append("\\r");
            else if (c == '\t') text.Append("\\t");
            else if (c < ' ' || c == '\x7f') text.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            else text.Append(c);
        }
        text.Append(quote);
    }
}
