using System.Net.Http.Headers;
using System.Text.Json;
using Sluice.Core.Engines;
using Sluice.Vertex.Answers;
using Sluice.Vertex.Calls;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Recovery;

/// <summary>One page of a session's events.</summary>
internal sealed class EventsPage : IAnswer
{
    /// <summary>A hundred events, some of which hold pictures.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    private readonly WholeBody _body;

    public EventsPage() => _body = new WholeBody(MaxBytes, Take);

    public List<SessionEvent> Events { get; } = [];

    /// <summary>Null: this was the last page.</summary>
    public string? NextPage { get; private set; }

    /// <summary>When it was answered, by the engine's clock.</summary>
    public DateTimeOffset? ReadAt { get; private set; }

    public void Begin(HttpResponseHeaders headers) => ReadAt = headers.Date;

    public ValueTask<EngineFault?> ReadAsync(Stream body, EngineCall call) => _body.ReadAsync(body, call);

    public void Dispose() => _body.Dispose();

    private EngineFault? Take(ReadOnlySpan<byte> value, TimeSpan elapsed)
    {
        try
        {
            var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = EventParser.MaxDepth });
            var page = JsonElement.ParseValue(ref reader);
            if (page.ValueKind != JsonValueKind.Object)
            {
                return Malformed();
            }

            if (page.Member("sessionEvents", "session_events") is { ValueKind: JsonValueKind.Array } events)
            {
                Events.AddRange(events.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object).Select(SessionEvent.Read));
            }

            NextPage = page.Member("nextPageToken", "next_page_token")?.Text() is { Length: > 0 } next ? next : null;
            return null;
        }
        catch (JsonException)
        {
            return Malformed();
        }
    }

    private static EngineFault Malformed() => new(FaultKind.MalformedAnswer, "The engine's list of events is not JSON.");
}
