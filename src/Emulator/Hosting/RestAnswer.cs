using System.Text.Json.Nodes;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>A resource or an error.</summary>
internal readonly record struct RestAnswer(JsonNode? Value, ApiError? Error)
{
    public static implicit operator RestAnswer(JsonObject value) => new(value, null);

    public static implicit operator RestAnswer(ApiError error) => new(null, error);
}
