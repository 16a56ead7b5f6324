using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Hosting;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Sessions;

/// <summary>The sessions resource: the same sessions that an AdkApp's class methods use.</summary>
internal static class SessionRoutes
{
    private const string SessionType = "google.cloud.aiplatform.v1beta1.Session";
    private const string Empty = "google.protobuf.Empty";
    private static readonly TimeSpan ShortestLife = TimeSpan.FromHours(24);

    public static void MapSessions(this IEndpointRouteBuilder routes, CallPipeline pipeline)
    {
        foreach (var engine in Addresses.Engine)
        {
            var sessions = engine + "/sessions";
            var session = sessions + "/{session}";
            routes.MapPost(sessions, pipeline.Api(Verb.SessionCreate, RestCalls.Answer(Create)));
            routes.MapGet(sessions, pipeline.Api(Verb.SessionList, RestCalls.Answer(List)));
            routes.MapGet(session, pipeline.Api(Verb.SessionGet, RestCalls.Answer(x => With(x, s => s.ToRest()))));
            routes.MapPatch(session, pipeline.Api(Verb.SessionPatch, RestCalls.Answer(x => With(x, s => Update(x, s)))));
            routes.MapDelete(session, pipeline.Api(Verb.SessionDelete, RestCalls.Answer(x => With(x, s => Delete(x, s)))));
            routes.MapGet(session + "/events", pipeline.Api(Verb.SessionEvents, RestCalls.Answer(x => With(x, s => Events(x, s)))));
            routes.MapPost(session + ":appendEvent", pipeline.Api(Verb.SessionAppendEvent, RestCalls.Answer(x => With(x, s => Append(x, s)))));
        }
    }

    private static RestAnswer Create(Exchange exchange)
    {
        var body = exchange.Body;
        if (body["userId"]?.ToString() is not { Length: > 0 } user) return GoogleErrors.InvalidArgument("Session.user_id is required.");
        if (!TryExpiry(exchange, out var expires, out var problem)) return problem;
        var id = exchange.Query("sessionId");
        if (exchange.Backend.Sessions.Create(exchange.Engine, user, body["sessionState"] as JsonObject ?? [], id) is not { } session)
            return GoogleErrors.AlreadyExists("Session", exchange.Engine.Session(id!));
        session.Set(null, body["displayName"]?.ToString(), body["labels"] as JsonObject, expires, session.Created);
        return exchange.Backend.Operations.Start(
            session.Name, "CreateSessionOperationMetadata", OperationStore.Response(SessionType, session.ToRest()));
    }

    private static RestAnswer List(Exchange exchange)
    {
        var user = UserOf(exchange.Query("filter"));
        var sessions = exchange.Backend.Sessions.List(exchange.Engine, user).Select(s => s.ToRest()).ToList();
        if (exchange.Query("orderBy")?.EndsWith("desc", StringComparison.Ordinal) == true) sessions.Reverse();
        return Page.Of(exchange, "sessions", sessions);
    }

    private static RestAnswer Update(Exchange exchange, EngineSession session)
    {
        if (!TryExpiry(exchange, out var expires, out var problem)) return problem;
        var body = exchange.Body;
        var mask = exchange.Query("updateMask")?.Split(',').Select(m => m.Trim()).ToHashSet(StringComparer.Ordinal);
        session.Set(
            Masked("sessionState", "session_state") ? body["sessionState"] as JsonObject : null,
            Masked("displayName", "display_name") ? body["displayName"]?.ToString() : null,
            Masked("labels", "labels") ? body["labels"] as JsonObject : null,
            expires,
            exchange.Backend.Time.GetUtcNow());
        return session.ToRest();

        bool Masked(string camel, string snake) => mask is null || mask.Contains(camel) || mask.Contains(snake);
    }

    private static RestAnswer Delete(Exchange exchange, EngineSession session)
    {
        exchange.Backend.Sessions.Delete(exchange.Engine, session.Id);
        return exchange.Backend.Operations.Start(session.Name, "DeleteOperationMetadata", OperationStore.Response(Empty, []));
    }

    private static RestAnswer Events(Exchange exchange, EngineSession session)
    {
        var after = TimestampFilter.Parse(exchange.Query("filter"));
        return Page.Of(exchange, "sessionEvents", [.. session.EventsAt(exchange.Backend.Time.GetUtcNow()).Where(e => after.Admits(e.Time)).Select(e => e.ToRest(session.Name))]);
    }

    private static RestAnswer Append(Exchange exchange, EngineSession session)
    {
        var body = exchange.Body;
        foreach (var required in (ReadOnlySpan<string>)["author", "invocationId", "timestamp"])
        {
            if (body[required] is null) return GoogleErrors.InvalidArgument($"SessionEvent.{required} is required.");
        }
        if (!DateTimeOffset.TryParse(body["timestamp"]!.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return GoogleErrors.BadPayload($"Invalid value at 'event.timestamp' (type.googleapis.com/google.protobuf.Timestamp), {body["timestamp"]!.ToJsonString()}");
        session.Append(
            new AppendedEvent(exchange.Backend.Ids.Numeric(), time, (JsonObject)body.DeepClone()),
            exchange.Backend.Time.GetUtcNow() + exchange.Backend.Options.EventLag,
            (body["actions"] as JsonObject)?["stateDelta"] as JsonObject);
        return new JsonObject();
    }

    private static RestAnswer With(Exchange exchange, Func<EngineSession, RestAnswer> use)
    {
        var id = exchange.Route("session");
        return exchange.Backend.Sessions.Find(exchange.Engine, id) is { } session
            ? use(session)
            : GoogleErrors.NotFound("Session", exchange.Engine.Session(id));
    }

    private static bool TryExpiry(Exchange exchange, out DateTimeOffset? expires, out ApiError problem)
    {
        expires = null;
        problem = GoogleErrors.InvalidArgument("Session ttl or expire_time must be at least 24 hours from now.");
        var now = exchange.Backend.Time.GetUtcNow();
        if (exchange.Body["ttl"]?.ToString() is { } ttl) expires = ProtoDuration.TryParse(ttl, out var life) ? now + life : now;
        if (exchange.Body["expireTime"]?.ToString() is { } time)
            expires = DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : now;
        return expires is null || expires >= now + ShortestLife;
    }

    // user_id="u1", with or without spaces.
    private static string? UserOf(string? filter) =>
        filter?.Split('=', 2, StringSplitOptions.TrimEntries) is ["user_id" or "userId", var value] ? value.Trim('"') : null;
}
