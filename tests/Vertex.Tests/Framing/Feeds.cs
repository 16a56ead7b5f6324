using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Tests.Framing;

public enum Form
{
    Lines,
    LinesUnended,
    Behind,
    Pretty,
    Array,
    ArrayByLine,
    Sse,
    SseSplit,
}

/// <summary>Random events, written in every framing, and read back in random pieces.</summary>
internal static class Feeds
{
    private static readonly JsonSerializerOptions Escaped = new() { WriteIndented = false };
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static List<string> Events(Random random)
    {
        var events = new List<string>();
        for (var i = random.Next(1, 9); i > 0; i--)
        {
            var node = events.Count == 0 ? Object(random, 0) : Value(random, 0);
            events.Add(node?.ToJsonString(random.Next(2) == 0 ? Escaped : Plain) ?? "null");
        }

        return events;
    }

    public static byte[] Write(IReadOnlyList<string> events, Form form, Random random)
    {
        var ends = new[] { "\n", "\r\n", "\r" };
        var end = ends[random.Next(3)];
        var text = form switch
        {
            Form.Lines => string.Concat(events.Select(e => e + (random.Next(4) == 0 ? "\r\n" : "\n"))),
            Form.LinesUnended => string.Join('\n', events),

            // Between values that do not end by themselves there has to be something.
            Form.Behind => string.Concat(events.Select(e => e[0] is '{' or '[' ? e : e + " ")),
            Form.Pretty => string.Concat(events.Select(e => Indent(e) + "\n")),
            Form.Array => "[" + string.Join(',', events) + "]",
            Form.ArrayByLine => "[" + string.Join("\r\n,\r\n", events.Select(Indent)) + "]\r\n",
            Form.Sse => string.Concat(events.Select(e => Noise(random, end) + "data: " + e + end + end)),
            Form.SseSplit => string.Concat(events.Select(e => "id: 1" + end + string.Concat(Indent(e).Split('\n').Select(line => "data:" + line.TrimEnd('\r') + end)) + end)),
            _ => throw new ArgumentOutOfRangeException(nameof(form)),
        };
        return Encoding.UTF8.GetBytes(text);
    }

    public static (List<string> Events, DecodeStatus End) Read(ReadOnlySpan<byte> stream, Random random, int largest = 40)
    {
        using var parser = new EventParser();
        using var decoder = new EventDecoder(parser, 1 << 20, 1 << 24);
        var events = new List<string>();
        while (true)
        {
            DecodeStatus status;
            while ((status = decoder.Read(out var value)) == DecodeStatus.Event)
            {
                events.Add(Encoding.UTF8.GetString(value));
            }

            if (status != DecodeStatus.NeedMore)
            {
                return (events, status);
            }

            var room = decoder.Room().Span;
            room.Length.ShouldBeGreaterThan(0);
            var count = Math.Min(Math.Min(room.Length, stream.Length), random.Next(1, largest + 1));
            stream[..count].CopyTo(room);
            stream = stream[count..];
            decoder.Wrote(count);
        }
    }

    /// <summary>The same value has the same words, however it was written.</summary>
    public static string Canonical(string json) => JsonNode.Parse(json)?.ToJsonString(Plain) ?? "null";

    private static string Indent(string json) => JsonNode.Parse(json)?.ToJsonString(Indented) ?? "null";

    private static string Noise(Random random, string end) => random.Next(4) switch
    {
        0 => ": hb" + end,
        1 => "event: message" + end + "id: 7" + end,
        2 => "retry: 10" + end + end,
        _ => "",
    };

    private static JsonNode? Value(Random random, int depth) => random.Next(depth > 3 ? 4 : 6) switch
    {
        0 => JsonValue.Create(random.Next(-1000, 1000) / (random.Next(2) == 0 ? 1.0 : 8.0)),
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => null,
        3 => JsonValue.Create(Words(random)),
        4 => Object(random, depth + 1),
        _ => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1))]),
    };

    private static JsonObject Object(Random random, int depth)
    {
        string[] names = ["content", "parts", "text", "chunk", "partial", "author", "code", "message", "x\"y", "ключ", "usage_metadata", "error_code"];
        var made = new JsonObject();
        for (var i = random.Next(5); i > 0; i--)
        {
            made[names[random.Next(names.Length)]] = Value(random, depth + 1);
        }

        return made;
    }

    private static string Words(Random random)
    {
        string[] words = ["a", "\"", "\\", "\n", "\r\n", "{", "}", "[", "]", "é", "Привет", "日本", "🙂", " ", "\t", "\u0001", "data: ", "\u2028", ","];
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)]));
    }
}
