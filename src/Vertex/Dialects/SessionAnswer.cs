using System.Text.Json;

namespace Sluice.Vertex.Dialects;

/// <summary>Finds the id in what an engine's session method returns: ADK's <c>id</c> in either spelling of its session, or what other agents call it.</summary>
internal static class SessionAnswer
{
    private static readonly string[] Names = ["id", "session_id", "sessionId"];

    /// <returns>Null when there is none.</returns>
    public static string? FindId(ReadOnlySpan<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("output", out var output)
                ? IdOf(output)
                : null;
        }
        catch (Exception defect) when (defect is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? IdOf(JsonElement output)
    {
        if (output.ValueKind != JsonValueKind.Object)
        {
            return output.ValueKind == JsonValueKind.String && output.GetString() is { Length: > 0 } id ? id : null;
        }

        foreach (var name in Names)
        {
            if (output.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
                && value.ToString() is { Length: > 0 } id)
            {
                return id;
            }
        }

        return null;
    }
}
