using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Wire;

/// <summary>JSON as Google's front end prints a message: two spaces, one member a line, numbers as doubles, angle brackets escaped.</summary>
internal static class ProtoJson
{
    public static byte[] Print(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node, 0);
        return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
    }

    private static void Append(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject { Count: 0 }:
                text.Append("{}");
                break;
            case JsonArray { Count: 0 }:
                text.Append("[]");
                break;
            case JsonObject o:
                var members = 0;
                foreach (var (name, value) in o)
                {
                    Line(text, members++ == 0 ? "{" : ",", depth + 1);
                    Quote(text, name);
                    text.Append(": ");
                    Append(text, value, depth + 1);
                }
                Line(text, "", depth).Append('}');
                break;
            case JsonArray a:
                for (var i = 0; i < a.Count; i++)
                {
                    Line(text, i == 0 ? "[" : ",", depth + 1);
                    Append(text, a[i], depth + 1);
                }
                Line(text, "", depth).Append(']');
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                Quote(text, v.GetValue<string>());
                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.Number:
                text.Append(JsonNumbers.Protobuf(v.AsDouble()));
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static StringBuilder Line(StringBuilder text, string before, int depth) => text.Append(before).Append('\n').Append(' ', 2 * depth);

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case < ' ' or '<' or '>' or '\x7f' or '\u2028' or '\u2029':
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default: text.Append(c); break;
            }
        }
        text.Append('"');
    }
}
