using System.Text.Json.Nodes;
using Sluice.Emulator.Sessions;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>An ADK event.</summary>
internal sealed record AgentEvent(string Id, string InvocationId, string Author, string Role, IReadOnlyList<Part> Parts, DateTimeOffset Time) : ISessionEvent
{
    public const string AgentName = "root_agent";
    private const string Model = "gemini-2.5-flash";

    public bool Partial { get; init; }

    /// <summary>Set on what the model said in full.</summary>
    public Usage? Usage { get; init; }

    private bool FromModel => Role == "model";

    private bool HasCall => Parts.Any(p => p is Part.FunctionCall);

    /// <summary>The event as a stream carries it.</summary>
    public void WriteSnake(PythonJson json)
    {
        json.Object();
        if (FromModel) json.Name("model_version").String(Model);
        json.Name("content").Object().Name("parts").Array();
        foreach (var part in Parts) part.WriteSnake(json);
        json.EndArray().Name("role").String(Role).EndObject();
        if (Partial) json.Name("partial").Boolean(true);
        if (Usage is { } usage)
        {
            json.Name("finish_reason").String("STOP").Name("usage_metadata").Object()
                .Name("candidates_token_count").Integer(usage.Candidates)
                .Name("prompt_token_count").Integer(usage.Prompt)
                .Name("total_token_count").Integer(usage.Prompt + usage.Candidates)
                .Name("traffic_type").String("ON_DEMAND").EndObject();
        }
        json.Name("invocation_id").String(InvocationId).Name("author").String(Author).Name("actions").Object();
        foreach (var action in (ReadOnlySpan<string>)["state_delta", "artifact_delta", "requested_auth_configs", "requested_tool_confirmations"])
            json.Name(action).Object().EndObject();
        json.EndObject();
        if (HasCall) json.Name("long_running_tool_ids").Array().EndArray();
        json.Name("id").String(Id).Name("timestamp").Float(PythonTime.Seconds(Time)).EndObject();
    }

    /// <summary>The event inside a session object.</summary>
    public JsonObject ToAdk()
    {
        var json = new JsonObject { ["content"] = Content() };
        if (Usage is { } usage)
        {
            json["finishReason"] = "STOP";
            json["usageMetadata"] = new JsonObject
            {
                ["candidatesTokenCount"] = usage.Candidates,
                ["promptTokenCount"] = usage.Prompt,
                ["totalTokenCount"] = usage.Prompt + usage.Candidates,
                ["trafficType"] = "ON_DEMAND",
            };
        }
        json["invocationId"] = InvocationId;
        json["author"] = Author;
        json["actions"] = new JsonObject
        {
            ["stateDelta"] = new JsonObject(),
            ["artifactDelta"] = new JsonObject(),
            ["requestedAuthConfigs"] = new JsonObject(),
            ["requestedToolConfirmations"] = new JsonObject(),
        };
        if (HasCall) json["longRunningToolIds"] = new JsonArray();
        json["id"] = Id;
        json["timestamp"] = PythonTime.Seconds(Time);
        return json;
    }

    /// <summary>The event as the sessions REST API lists it.</summary>
    public JsonObject ToRest(string sessionName) => new()
    {
        ["name"] = $"{sessionName}/events/{Id}",
        ["author"] = Author,
        ["content"] = Content(),
        ["invocationId"] = InvocationId,
        ["actions"] = new JsonObject(),
        ["timestamp"] = ProtoDuration.Print(Time),
        ["eventMetadata"] = new JsonObject { ["partial"] = Partial },
    };

    private JsonObject Content() => new()
    {
        ["parts"] = new JsonArray([.. Parts.Select(p => p.ToCamel())]),
        ["role"] = Role,
    };
}

/// <summary>What an answer cost, in tokens.</summary>
internal sealed record Usage(int Prompt, int Candidates);
