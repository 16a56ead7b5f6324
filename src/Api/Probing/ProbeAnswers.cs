using System.Net.Mime;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Sluice.Api.Probing;

/// <summary>Reads an answer to its end and judges it.</summary>
internal delegate Task<ProbeReading> ReadAnswer(HttpResponseMessage response, Stream body, Func<TimeSpan> elapsed, CancellationToken cancellationToken);

/// <summary>What an answer came to.</summary>
/// <param name="Problem">What is wrong with it; null: nothing.</param>
/// <param name="FirstEvent">When the first event of a stream came.</param>
/// <param name="Events">Events of a stream.</param>
internal readonly record struct ProbeReading(string? Problem, TimeSpan? FirstEvent = null, int? Events = null);

/// <summary>What a gateway's answers have to be. What is said in them is nobody's business, and in no problem.</summary>
internal static class ProbeAnswers
{
    public static Task<ProbeReading> ReadHealthAsync(HttpResponseMessage response, Stream body, Func<TimeSpan> elapsed, CancellationToken cancellationToken) =>
        ReadJsonAsync(
            body,
            static json => TextOf(json, "status") == "ok" && TextOf(json, "mode") is not null && TextOf(json, "engine") is not null,
            "not the health of a gateway",
            cancellationToken);

    public static Task<ProbeReading> ReadCardAsync(HttpResponseMessage response, Stream body, Func<TimeSpan> elapsed, CancellationToken cancellationToken) =>
        ReadJsonAsync(
            body,
            static json => TextOf(json, "name") is { Length: > 0 } && json.TryGetProperty("skills", out var skills) && skills is { ValueKind: JsonValueKind.Array } && skills.GetArrayLength() > 0,
            "not an agent card with a name and skills",
            cancellationToken);

    public static Task<ProbeReading> ReadAnswerAsync(HttpResponseMessage response, Stream body, Func<TimeSpan> elapsed, CancellationToken cancellationToken) =>
        ReadJsonAsync(body, static _ => true, "not JSON", cancellationToken);

    public static async Task<ProbeReading> ReadStreamAsync(HttpResponseMessage response, Stream body, Func<TimeSpan> elapsed, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not MediaTypeNames.Text.EventStream and var type)
        {
            return new ProbeReading($"not a stream of events but {type ?? "something that does not say what it is"}");
        }

        var (first, events) = ((TimeSpan?)null, 0);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
        {
            first ??= elapsed();
            events++;
            switch (item.EventType)
            {
                case "done":
                    // Two for the beginning and the end: a turn without an event of its own has not answered.
                    return new ProbeReading(events > 2 ? null : "the stream ended well and held no answer", first, events);
                case "error":
                    return new ProbeReading($"the stream ended with {CodeOf(item.Data)}", first, events);
            }
        }

        return new ProbeReading("the stream broke off before its end", first, events);
    }

    /// <summary>An answer that is not a success: what the gateway calls it.</summary>
    public static async Task<ProbeReading> ReadRefusalAsync(HttpResponseMessage response, Stream body, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(body);
        return new ProbeReading($"answered {(int)response.StatusCode} {CodeOf(await reader.ReadToEndAsync(cancellationToken))}".TrimEnd());
    }

    private static async Task<ProbeReading> ReadJsonAsync(Stream body, Func<JsonElement, bool> isIt, string otherwise, CancellationToken cancellationToken)
    {
        try
        {
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return new ProbeReading(isIt(json.RootElement) ? null : otherwise);
        }
        catch (JsonException)
        {
            return new ProbeReading("not JSON");
        }
    }

    // Of a problem or of an error event.
    private static string CodeOf(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return TextOf(json.RootElement, "code") ?? "";
        }
        catch (JsonException)
        {
            // A proxy's page, most likely.
            return "";
        }
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
