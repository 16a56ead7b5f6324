using System.Text.Json.Nodes;

namespace Sluice.Emulator.Engines;

/// <summary>A registered method of the deployed Python object: its keyword arguments decide what a request may send.</summary>
internal sealed record ClassMethod(string Name, string ApiMode, string PythonName, string Description, params Parameter[] Parameters)
{
    /// <summary>Who complains about a keyword the method does not name; a method that passes them on lets the callee complain.</summary>
    public string UnknownKeywordOwner { get; init; } = PythonName;

    public bool Streams => ApiMode is "stream" or "async_stream";

    /// <summary>The TypeError Python would raise for this call; null if it can be made.</summary>
    public string? TypeError(JsonObject input)
    {
        var missing = Parameters.Where(p => p.Required && !input.ContainsKey(p.Name)).Select(p => $"'{p.Name}'").ToList();
        if (input.Select(p => p.Key).FirstOrDefault(k => !Parameters.Any(p => p.Name == k)) is { } unknown)
            return $"{UnknownKeywordOwner}() got an unexpected keyword argument '{unknown}'";
        return missing.Count switch
        {
            0 => null,
            1 => $"{PythonName}() missing 1 required keyword-only argument: {missing[0]}",
            _ => $"{PythonName}() missing {missing.Count} required keyword-only arguments: {Listed(missing)}",
        };
    }

    /// <summary>The method's entry in <c>spec.classMethods</c>.</summary>
    public JsonObject ToSpec() => new()
    {
        ["api_mode"] = ApiMode,
        ["description"] = Description,
        ["name"] = Name,
        ["parameters"] = new JsonObject
        {
            ["properties"] = new JsonObject(Parameters.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Name, p.ToSchema()))),
            ["required"] = new JsonArray([.. Parameters.Where(p => p.Required).Select(p => (JsonNode)p.Name)]),
            ["type"] = "object",
        },
    };

    private static string Listed(List<string> names) =>
        names.Count == 2 ? $"{names[0]} and {names[1]}" : string.Join(", ", names[..^1]) + ", and " + names[^1];
}

/// <summary>A keyword argument and its JSON schema type; null is any.</summary>
internal sealed record Parameter(string Name, string? Type = "string", bool Required = false)
{
    public JsonObject ToSchema()
    {
        var schema = new JsonObject();
        if (Type is not null) schema["type"] = Type;
        if (!Required) schema["nullable"] = true;
        return schema;
    }
}
