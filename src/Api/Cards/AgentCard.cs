using System.Buffers;
using System.Text.Json;
using Sluice.Api.Answers;
using Sluice.Api.Endpoints;

namespace Sluice.Api.Cards;

/// <summary>
/// <c>/card</c> and <c>/.well-known/agent-card.json</c>: the original's card and an A2A agent card (specification 0.3.0) in one.
/// </summary>
internal sealed class AgentCard(CardOptions options, EngineFacts engine)
{
    private readonly ReadOnlyMemory<byte> _fixed = options.PublicUrl is { } url ? Write(options, engine, url.AbsoluteUri.TrimEnd('/')) : default;

    public Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        return JsonAnswer.WriteDocumentAsync(context, _fixed.IsEmpty ? Write(options, engine, $"{request.Scheme}://{request.Host}") : _fixed);
    }

    private static ReadOnlyMemory<byte> Write(CardOptions options, EngineFacts engine, string baseUrl)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WriteString("protocolVersion"u8, "0.3.0"u8);
        json.WriteString("name"u8, options.Name);
        json.WriteString("description"u8, options.Description);
        json.WriteString("version"u8, options.Version);

        // A card without a transport claims JSON-RPC at its url. None of A2A's transports is served here: the url is that of our own API, and the transport,
        // which A2A leaves open to other names, says so. An A2A client then refuses the card instead of failing at its first call.
        json.WriteString("url"u8, baseUrl + "/invoke/stream");
        json.WriteString("preferredTransport"u8, "SLUICE+SSE"u8);
        json.WriteString("documentationUrl"u8, baseUrl + "/openapi.json");
        json.WriteStartObject("capabilities"u8);
        json.WriteBoolean("streaming"u8, value: true);
        json.WriteBoolean("pushNotifications"u8, value: false);
        json.WriteBoolean("stateTransitionHistory"u8, value: false);
        json.WriteEndObject();
        WriteList(json, "defaultInputModes"u8, ["text/plain", "application/json"]);
        WriteList(json, "defaultOutputModes"u8, ["text/plain", "application/json"]);
        WriteSkills(json, options.Skills);
        json.WriteStartObject("engine"u8);
        if (!options.HideEngineName)
        {
            json.WriteString("name"u8, engine.ResourceName);
        }

        json.WriteString("location"u8, engine.Location);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteSkills(Utf8JsonWriter json, IReadOnlyList<CardSkill> skills)
    {
        json.WriteStartArray("skills"u8);
        foreach (var skill in skills)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, skill.Id);
            json.WriteString("name"u8, skill.Name);
            json.WriteString("description"u8, skill.Description);
            WriteList(json, "tags"u8, skill.Tags);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteList(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
