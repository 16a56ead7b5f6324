using System.Text.Json.Serialization;

namespace Sluice.Emulator.Control;

/// <summary>How calls and counters look over HTTP.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<CallRecord>))]
[JsonSerializable(typeof(EmulatorCounters))]
internal sealed partial class ControlJson : JsonSerializerContext;
