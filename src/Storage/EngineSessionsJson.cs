using System.Text.Json;
using Sluice.Core.Engines;

namespace Sluice.Storage;

/// <summary>The sessions that engines keep for one of ours, as JSON.</summary>
internal static class EngineSessionsJson
{
    public static byte[] Write(IReadOnlyList<EngineSession> sessions) =>
        JsonSerializer.SerializeToUtf8Bytes(sessions as EngineSession[] ?? [.. sessions], EndJsonContext.Default.EngineSessionArray);

    public static EngineSession[] Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, EndJsonContext.Default.EngineSessionArray) ?? [];
}
