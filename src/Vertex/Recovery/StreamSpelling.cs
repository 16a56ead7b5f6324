using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Vertex.Recovery;

/// <summary>
/// Writes an event of an engine's session the way the stream would have: as it was then, where the session keeps that, else spelled in snake_case and with the
/// members in a stream's places. What agents and tools named themselves stays as it is.
/// </summary>
internal static class StreamSpelling
{
    // Python escapes what is not ASCII, and nothing for HTML's sake.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Below these, names are somebody's own.
    private static readonly HashSet<string> Foreign = new(StringComparer.Ordinal)
    {
        "args", "response", "stateDelta", "artifactDelta", "customMetadata", "requestedAuthConfigs", "requestedToolConfirmations",
    };

    /// <exception cref="InvalidOperationException">A name in it is not Unicode.</exception>
    public static ReadOnlyMemory<byte> Of(SessionEvent e)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        if (e.Source.Member("rawEvent", "raw_event") is { ValueKind: JsonValueKind.Object } raw)
        {
            WriteRaw(json, e, raw);
        }
        else
        {
            WriteMembers(json, e);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteRaw(Utf8JsonWriter json, SessionEvent e, JsonElement raw)
    {
        foreach (var member in raw.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            Write(json, member.Value, isForeign: true);
        }

        // They are not always kept twice.
        if (raw.Member("author", "author") is null && e.Source.Member("author", "author") is { } author)
        {
            Write(json, "author", author);
        }

        if (raw.Member("invocationId", "invocation_id") is null)
        {
            json.WriteString("invocation_id", e.Invocation);
        }
    }

    private static void WriteMembers(Utf8JsonWriter json, SessionEvent e)
    {
        foreach (var member in e.Source.EnumerateObject())
        {
            switch (member.Name)
            {
                case "name" when member.Value.Text() is { } name:
                    json.WriteString("id", name[(name.LastIndexOf('/') + 1)..]);
                    break;
                case "timestamp":
                    if (e.At.IsKnown)
                    {
                        json.WriteNumber("timestamp", e.At.Micros / 1e6);
                    }

                    break;
                case "eventMetadata" or "event_metadata" when member.Value.ValueKind == JsonValueKind.Object:
                    foreach (var inner in member.Value.EnumerateObject().Where(inner => inner.Value.ValueKind is not (JsonValueKind.False or JsonValueKind.Null)))
                    {
                        Write(json, inner.Name, inner.Value);
                    }

                    break;
                default:
                    Write(json, member.Name, member.Value);
                    break;
            }
        }
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement value)
    {
        // REST's word for it is the only one that is not the stream's in another spelling.
        json.WritePropertyName(name is "transferAgent" or "transfer_agent" ? "transfer_to_agent" : Snake(name));
        Write(json, value, Foreign.Contains(name));
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, bool isForeign)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    if (isForeign)
                    {
                        json.WritePropertyName(member.Name);
                        Write(json, member.Value, isForeign);
                    }
                    else
                    {
                        Write(json, member.Name, member.Value);
                    }
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                {
                    Write(json, element, isForeign);
                }

                json.WriteEndArray();
                break;
            default:
                // As it came: numbers keep their digits, and half a character from a model is passed on like one in a stream.
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
        }
    }

    private static string Snake(string camel)
    {
        if (!camel.Any(char.IsAsciiLetterUpper))
        {
            return camel;
        }

        var snake = new StringBuilder(camel.Length + 4);
        foreach (var letter in camel)
        {
            if (char.IsAsciiLetterUpper(letter) && snake.Length > 0)
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(letter));
        }

        return snake.ToString();
    }
}
