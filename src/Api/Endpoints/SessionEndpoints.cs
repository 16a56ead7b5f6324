using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;

namespace Sluice.Api.Endpoints;

/// <summary>A session: its state and turns, and its forgetting.</summary>
internal sealed class SessionEndpoints(ISessionHost host, ICallers callers, OriginMarks marks)
{
    private static readonly Problem Unknown = new(404, "unknown_session", "No such session is known here: it never was, or has been forgotten.");

    public async Task GetAsync(HttpContext context)
    {
        if (KeyOf(context) is not { } key || await host.FindSessionAsync(key, context.RequestAborted) is not { } session)
        {
            await ProblemWriter.WriteAsync(context, Unknown);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, TurnJson.Of(session, marks));
    }

    public async Task ForgetAsync(HttpContext context)
    {
        if (KeyOf(context) is not { } key || !await host.ForgetAsync(key, context.RequestAborted))
        {
            await ProblemWriter.WriteAsync(context, Unknown);
            return;
        }

        context.Response.StatusCode = 204;
    }

    private SessionKey? KeyOf(HttpContext context) =>
        SessionId.TryParse(context.GetRouteValue("session") as string, out var session)
            ? new SessionKey(callers.CallerOf(context).Tenant, session)
            : null;
}
