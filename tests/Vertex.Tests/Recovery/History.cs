using System.Globalization;
using System.Text.Json;
using Sluice.Vertex.Framing;
using Sluice.Vertex.Recovery;

namespace Sluice.Vertex.Tests.Recovery;

/// <summary>An engine's session and a stream of it in few words: events at whole seconds of the engine's clock.</summary>
internal static class History
{
    public static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static SessionHistory At(double now, params SessionEvent[] events) => new(events, Begin.AddSeconds(now));

    public static SessionEvent User(string invocation, string text, double at) => Event($$$"""
        {"name":"s/events/{{{invocation}}}-u","author":"user","invocationId":"{{{invocation}}}","timestamp":"{{{Time(at)}}}","content":{"role":"user","parts":[{"text":{{{Json(text)}}}}]},"eventMetadata":{"partial":false}}
        """);

    public static SessionEvent Says(string invocation, string text, double at, string author = "root_agent") => Event($$$"""
        {"name":"s/events/{{{invocation}}}-{{{text}}}","author":"{{{author}}}","invocationId":"{{{invocation}}}","timestamp":"{{{Time(at)}}}","content":{"role":"model","parts":[{"text":{{{Json(text)}}}}]}}
        """);

    public static SessionEvent CallsTool(string invocation, double at) => Event($$$"""
        {"name":"s/events/{{{invocation}}}-call","author":"root_agent","invocationId":"{{{invocation}}}","timestamp":"{{{Time(at)}}}","content":{"role":"model","parts":[{"functionCall":{"name":"t","args":{"aB":1} } } ]}}
        """);

    public static SessionEvent ToolAnswers(string invocation, double at) => Event($$$"""
        {"name":"s/events/{{{invocation}}}-response","author":"root_agent","invocationId":"{{{invocation}}}","timestamp":"{{{Time(at)}}}","content":{"role":"user","parts":[{"functionResponse":{"name":"t","response":{"oK":true} } } ]}}
        """);

    public static SessionEvent Changes(string invocation, double at) => Event($$$"""
        {"name":"s/events/{{{invocation}}}-state","author":"root_agent","invocationId":"{{{invocation}}}","timestamp":"{{{Time(at)}}}","actions":{"stateDelta":{"aB":1} } }
        """);

    public static SessionEvent Event(string json) => SessionEvent.Read(JsonElement.Parse(json));

    /// <summary>What a stream has shown, event by event.</summary>
    public static StreamedEvents Streamed(params string[] events)
    {
        var streamed = new StreamedEvents();
        using var parser = new EventParser();
        foreach (var json in events)
        {
            var value = System.Text.Encoding.UTF8.GetBytes(json);
            parser.Parse(value, final: true).ShouldBe(ParseStatus.Complete);
            streamed.Note(parser, value);
        }

        return streamed;
    }

    /// <summary>An event of a stream: the session's own id, another, or none; at a time or none.</summary>
    public static string Line(string invocation, string? id, double? at, bool partial = false) =>
        $$"""{"content":{"parts":[{"text":"x"}]},{{(partial ? "\"partial\":true," : "")}}{{(id is null ? "" : $"\"id\":\"{id}\",")}}{{(at is { } t ? $"\"timestamp\":{Seconds(t)}," : "")}}"invocation_id":"{{invocation}}","author":"root_agent"}""";

    public static string Time(double at) => Begin.AddSeconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string Seconds(double at) => (Begin.AddSeconds(at).ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Json(string text) => JsonSerializer.Serialize(text);
}
