using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>The body of :query and :streamQuery. Proto JSON takes either spelling of a field, and no other field.</summary>
internal sealed record EngineRequest(string? ClassMethod, JsonObject Input)
{
    public static (EngineRequest? Request, ApiError? Error) Read(JsonObject body)
    {
        var unknown = body.Where(p => p.Key is not ("class_method" or "classMethod" or "input" or "name")).ToList();
        if (unknown.Count > 0)
            return (null, GoogleErrors.BadPayload([.. unknown.Select(p => $"Invalid JSON payload received. Unknown name \"{p.Key}\": Cannot find field.")]));

        var method = body["class_method"] ?? body["classMethod"];
        if (method is not null && method.GetValueKind() != JsonValueKind.String)
            return (null, GoogleErrors.BadPayload($"Invalid value at 'class_method' (TYPE_STRING), {method.ToJsonString()}"));

        var input = body["input"];
        if (input is not (null or JsonObject))
            return (null, GoogleErrors.BadPayload($"Invalid value at 'input' (type.googleapis.com/google.protobuf.Struct), {input.ToJsonString()}"));

        // An empty string is proto3's way of not setting it.
        return (new EngineRequest(method?.GetValue<string>() is { Length: > 0 } name ? name : null, input as JsonObject ?? []), null);
    }
}
