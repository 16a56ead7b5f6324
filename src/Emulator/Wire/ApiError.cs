using System.Text.Json.Nodes;

namespace Sluice.Emulator.Wire;

/// <summary>A failure in Google's error envelope.</summary>
internal sealed record ApiError(int Code, string Status, string Message, params JsonObject[] Details)
{
    public JsonObject ToJson()
    {
        var error = new JsonObject { ["code"] = Code, ["message"] = Message, ["status"] = Status };
        if (Details.Length > 0) error["details"] = new JsonArray([.. Details.Select(d => d.DeepClone())]);
        return new JsonObject { ["error"] = error };
    }

    public static JsonObject ErrorInfo(string reason, string domain, params (string Key, string Value)[] metadata)
    {
        var values = new JsonObject();
        foreach (var (key, value) in metadata) values[key] = value;
        return new JsonObject
        {
            ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo",
            ["reason"] = reason,
            ["domain"] = domain,
            ["metadata"] = values,
        };
    }

    public static JsonObject RetryInfo(TimeSpan delay) => new()
    {
        ["@type"] = "type.googleapis.com/google.rpc.RetryInfo",
        ["retryDelay"] = ProtoDuration.Print(delay),
    };
}
