using System.Text.Json;
using Sluice.Core.Turns;
using Sluice.Vertex.Framing;
using Sluice.Vertex.Recovery;

namespace Sluice.Vertex.Dialects;

/// <summary>How an ADK application was asked to stream: <c>run_config.streaming_mode</c>, which the gateway sets to <c>sse</c> where the caller names no <c>run_config</c>.</summary>
internal static class StreamingMode
{
    /// <returns>Whether whole messages alone were asked for; false also when that is not clear.</returns>
    public static bool IsOfWholeMessages(TurnInput input)
    {
        if (input.IsText)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(input.Json.Span, new JsonReaderOptions { MaxDepth = EventParser.MaxDepth });
            return JsonElement.ParseValue(ref reader).Member("run_config", "run_config") is { ValueKind: JsonValueKind.Object } config
                && config.Member("streaming_mode", "streamingMode") is var mode
                && (mode is null || string.Equals(mode.Value.Text(), "none", StringComparison.OrdinalIgnoreCase));
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
