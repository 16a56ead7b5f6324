using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Endpoints;

/// <summary>One turn of a session: what became of it, its events, its end on request.</summary>
internal sealed class TurnEndpoints(ISessionHost host, ICallers callers, SseResumption resumption, OriginMarks marks)
{
    private static readonly Problem Unknown = new(404, "unknown_turn", "No such turn is known in this session: it never was, or has been forgotten.");

    public async Task GetAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } turn)
        {
            await ProblemWriter.WriteAsync(context, Unknown);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, TurnJson.Of(turn, marks));
    }

    public async Task CancelAsync(HttpContext context)
    {
        // Found first, for a turn is cancelled only by the path of its own session.
        if (await FindAsync(context) is not { } found
            || await host.CancelAsync(callers.CallerOf(context).Tenant, found.Turn, context.RequestAborted) is not { } turn)
        {
            await ProblemWriter.WriteAsync(context, Unknown);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, TurnJson.Of(turn, marks));
    }

    public Task FollowAsync(HttpContext context)
    {
        if (!TryReadPath(context, out var session, out var id))
        {
            return ProblemWriter.WriteAsync(context, Unknown);
        }

        var wrongFormat = StreamFormats.TryRead(context.Request, out var format);
        var wrongCursor = ResumePoint.TryRead(context.Request, id, out var cursor);
        return (wrongFormat ?? wrongCursor) is { } refused
            ? ProblemWriter.WriteAsync(context, refused)
            : resumption.ResumeAsync(context, cursor, session, format);
    }

    private async ValueTask<TurnSnapshot?> FindAsync(HttpContext context)
    {
        if (!TryReadPath(context, out var session, out var id)
            || await host.FindTurnAsync(callers.CallerOf(context).Tenant, id, context.RequestAborted) is not { } turn
            || turn.Session != session)
        {
            return null;
        }

        return turn;
    }

    private static bool TryReadPath(HttpContext context, out SessionId session, out TurnId turn)
    {
        turn = default;
        return SessionId.TryParse(context.GetRouteValue("session") as string, out session)
            && TurnId.TryParse(context.GetRouteValue("turn") as string, out turn);
    }
}
