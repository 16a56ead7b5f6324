using Sluice.Api.Answers;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>Lets a client go on behind its cursor. Never starts a turn.</summary>
internal sealed class TurnResumption(ISessionHost host, ICallers callers, Pulse pulse, HttpSurfaceOptions options)
{
    /// <param name="context">The request to answer.</param>
    /// <param name="cursor">The last event the client has.</param>
    /// <param name="session">The session its path names, if it names one.</param>
    /// <param name="format">What the events hold.</param>
    public async Task ResumeAsync(HttpContext context, Cursor cursor, SessionId? session, StreamFormat format)
    {
        var tenant = callers.CallerOf(context).Tenant;
        var gone = context.RequestAborted;
        if (await host.FindTurnAsync(tenant, cursor.Turn, gone) is not { } turn || (session is { } named && turn.Session != named))
        {
            await ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor);
            return;
        }

        if (turn.End is not null && cursor.Sequence == turn.LastSequence)
        {
            if (!HttpMethods.IsPost(context.Request.Method))
            {
                // 204 is what tells a browser's EventSource to stop coming back.
                TurnHeaders.Set(context.Response, turn.Session, turn.Turn);
                context.Response.StatusCode = 204;
                return;
            }

            // One who asks by POST is waiting for an answer: the last event is said again.
            cursor = cursor with { Sequence = cursor.Sequence - 1 };
        }

        if (await host.FollowAsync(tenant, cursor, ReadInterest.EveryEvent, gone) is not { } reader)
        {
            await ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor);
            return;
        }

        await using (reader)
        {
            TurnHeaders.Set(context.Response, reader.Session, reader.Turn);
            if (HttpMethods.IsHead(context.Request.Method))
            {
                EventStream.SetHeaders(context.Response);
                return;
            }

            // The turn is known: however it went, telling so is a success.
            await new EventStream(context, reader, cursor.Sequence, format, pulse, options).RunAsync(TimeSpan.Zero);
        }
    }
}
