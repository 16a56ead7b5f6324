using System.Text.Json.Nodes;
using Sluice.Emulator.Answers;
using Sluice.Emulator.Memories;
using Sluice.Emulator.Sessions;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>An AdkApp: sessions by class method, turns by stream.</summary>
internal sealed class AdkApp(EmulatorOptions options, SessionStore sessions, MemoryStore memories, AnswerModel answers, IdSource ids) : IAgent
{
    private readonly AdkRunner _runner = new(answers, ids, options.Time);

    public string Framework => "google-adk";

    public IReadOnlyList<ClassMethod> Methods { get; } = options.DeprecatedMethods ? AdkMethods.All : AdkMethods.Current;

    public Reply Invoke(Invocation call)
    {
        var name = call.Method.Name;
        return name switch
        {
            "async_stream_query" or "stream_query" => Stream(call),
            "streaming_agent_run_with_events" => StreamWithEvents(call),
            "async_add_session_to_memory" => Value(() => AddToMemory(call)),
            "async_search_memory" => Value(() => Search(call)),
            _ => (name.StartsWith("async_", StringComparison.Ordinal) ? name[6..] : name) switch
            {
                "create_session" => new Reply.Value(() => Create(call)),
                "get_session" => new Reply.Value(() => WithSession(call, s => s.ToAdk(options.Time.GetUtcNow()))),
                "list_sessions" => Value(() => List(call)),
                _ => new Reply.Value(() => Delete(call)),
            },
        };
    }

    private static Reply.Value Value(Func<JsonNode?> run) => new(() => (run(), null));

    private Reply Stream(Invocation call)
    {
        if (call.Input["message"] is not JsonValue && call.Input["message"] is not JsonObject || Prompt.Of(call.Input["message"]) is null)
            return Raise(call, "message must be a string or a dictionary representing a Content object.");
        var sse = call.Input["run_config"] is JsonObject run && run["streaming_mode"]?.ToString() == "sse";
        return Run(call, call.Input["message"]!, call.Text("user_id") ?? "", call.Text("session_id"), sse, withEvents: false);
    }

    private Reply StreamWithEvents(Invocation call)
    {
        if (call.Text("request_json") is not { } text || Prompt.Parse(text) is not { } request)
            return Raise(call, "Expecting value: line 1 column 1 (char 0)");
        if (request["message"] is not { } message || Prompt.Of(message) is null) return Raise(call, "'message'");
        var session = (request["session_id"] ?? request["sessionId"])?.ToString();
        var user = (request["user_id"] ?? request["userId"])?.ToString() ?? "";
        // Gemini Enterprise sends a Discovery Engine resource name here; its last segment is as good an id as any.
        return Run(call, message, user, session?[(session.LastIndexOf('/') + 1)..], sse: false, withEvents: true);
    }

    private Reply Run(Invocation call, JsonNode message, string user, string? sessionId, bool sse, bool withEvents)
    {
        EngineSession session;
        if (sessionId is null) session = sessions.Create(call.Engine, user, [])!;
        else if (sessions.Find(call.Engine, sessionId) is { } found) session = found;
        else return new Reply.Failed(AgentFailure.SessionNotFound(call.Engine, sessionId, call.Input));
        if (session.UserId != user) return Raise(call, WrongUser(session, user));
        var record = new TurnRecord(session, options.Time, call.Script.EventLag ?? options.EventLag);
        return new Reply.Steps(_runner.Run(record, message, call.Script, sse, withEvents)) { Record = record };
    }

    private (JsonNode?, ApiError?) Create(Invocation call)
    {
        var session = sessions.Create(call.Engine, call.Text("user_id") ?? "", call.Input["state"] as JsonObject ?? [], call.Text("session_id"));
        return session is null
            ? (null, AgentFailure.OfException($"409 ALREADY_EXISTS. Session {call.Text("session_id")} already exists.", call.Input))
            : (session.ToAdk(options.Time.GetUtcNow()), null);
    }

    private JsonObject List(Invocation call) => new()
    {
        ["sessions"] = new JsonArray([.. sessions.List(call.Engine, call.Text("user_id")).Select(s => s.ToAdk(eventsAt: null))]),
    };

    private (JsonNode?, ApiError?) Delete(Invocation call) => WithSession(call, session =>
    {
        sessions.Delete(call.Engine, session.Id);
        return null;
    });

    private (JsonNode?, ApiError?) WithSession(Invocation call, Func<EngineSession, JsonNode?> use)
    {
        var id = call.Text("session_id") ?? "";
        var user = call.Text("user_id") ?? "";
        if (sessions.Find(call.Engine, id) is not { } session) return (null, AgentFailure.SessionNotFound(call.Engine, id, call.Input));
        return session.UserId == user ? (use(session), null) : (null, AgentFailure.OfException(WrongUser(session, user), call.Input));
    }

    private JsonNode? AddToMemory(Invocation call)
    {
        if (call.Input["session"] is not JsonObject source) return null;
        var user = (source["user_id"] ?? source["userId"])?.ToString() ?? "";
        foreach (var content in (source["events"] as JsonArray ?? []).Select(e => e?["content"]))
        {
            if (content?["role"]?.ToString() == "user" && Prompt.Of(content) is { } fact) memories.Add(call.Engine, fact, MemoryStore.Scope(call.Engine, user));
        }
        return null;
    }

    private JsonObject Search(Invocation call)
    {
        var found = memories.Search(call.Engine, MemoryStore.Scope(call.Engine, call.Text("user_id") ?? ""), call.Text("query"));
        return new JsonObject
        {
            ["memories"] = new JsonArray([.. found.Select(m => new JsonObject
            {
                ["content"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = m.Fact }), ["role"] = "user" },
                ["author"] = "user",
                ["timestamp"] = ProtoDuration.Print(m.UpdateTime),
            })]),
        };
    }

    private static Reply.Failed Raise(Invocation call, string exception) => new(AgentFailure.OfException(exception, call.Input));

    private static string WrongUser(EngineSession session, string user) => $"Session {session.Id} does not belong to user {user}.";
}
