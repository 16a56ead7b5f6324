namespace Sluice.Emulator.Engines;

/// <summary>What an AdkApp registers, in the order the service lists it.</summary>
internal static class AdkMethods
{
    private static readonly Parameter User = new("user_id", Required: true);
    private static readonly Parameter Session = new("session_id", Required: true);

    private static readonly Parameter[] Turn =
    [
        new("message", null, Required: true), User, new("session_id"), new("session_events", "array"), new("run_config", "object"),
    ];

    private static readonly Parameter[] NewSession = [User, new("session_id"), new("state", "object"), new("ttl"), new("expire_time")];

    public static readonly IReadOnlyList<ClassMethod> Current =
    [
        new("async_get_session", "async", "AdkApp.async_get_session", "Get a session for the given user.", User, Session),
        new("async_list_sessions", "async", "AdkApp.async_list_sessions", "List sessions for the given user.", User),
        new("async_create_session", "async", "AdkApp.async_create_session", "Creates a new session.", NewSession)
        {
            UnknownKeywordOwner = "VertexAiSessionService.create_session",
        },
        new("async_delete_session", "async", "AdkApp.async_delete_session", "Deletes a session for the given user.", User, Session),
        new(
            "async_add_session_to_memory", "async", "AdkApp.async_add_session_to_memory", "Generates memories.", new Parameter("session", "object", Required: true)),
        new(
            "async_search_memory", "async", "AdkApp.async_search_memory", "Searches memories for the given user.", User, new Parameter("query", Required: true)),
        new("async_stream_query", "async_stream", "AdkApp.async_stream_query", "Streams responses asynchronously from the ADK application.", Turn)
        {
            UnknownKeywordOwner = "Runner.run_async",
        },
        new(
            "streaming_agent_run_with_events",
            "async_stream",
            "AdkApp.streaming_agent_run_with_events",
            "Streams responses asynchronously from the ADK application, with the events of the session in the request.",
            new Parameter("request_json", Required: true)),
    ];

    public static readonly IReadOnlyList<ClassMethod> All =
    [
        new("get_session", "", "AdkApp.get_session", "Deprecated. Use async_get_session instead.", User, Session),
        new("list_sessions", "", "AdkApp.list_sessions", "Deprecated. Use async_list_sessions instead.", User),
        new("create_session", "", "AdkApp.create_session", "Deprecated. Use async_create_session instead.", NewSession)
        {
            UnknownKeywordOwner = "VertexAiSessionService.create_session",
        },
        new("delete_session", "", "AdkApp.delete_session", "Deprecated. Use async_delete_session instead.", User, Session),
        .. Current.Where(m => !m.Streams),
        new("stream_query", "stream", "AdkApp.stream_query", "Deprecated. Use async_stream_query instead.", Turn)
        {
            UnknownKeywordOwner = "Runner.run",
        },
        .. Current.Where(m => m.Streams),
    ];
}
