using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Engines;

/// <summary>One call of a class method.</summary>
internal sealed record Invocation(EngineName Engine, ClassMethod Method, JsonObject Input, Script Script)
{
    public string? Text(string name) => Input[name] is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;
}
