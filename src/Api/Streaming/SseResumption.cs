using Sluice.Api.Answers;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>Lets a client of server-sent events go on behind its cursor.</summary>
internal sealed class SseResumption(TurnResumption turns, ICallers callers, Pulse pulse, HttpSurfaceOptions options, OriginMarks marks, StreamMetrics metrics)
{
    /// <param name="context">The request to answer.</param>
    /// <param name="cursor">The last event the client has.</param>
    /// <param name="session">The session its path names, if it names one.</param>
    /// <param name="format">What the events hold.</param>
    public async Task ResumeAsync(HttpContext context, Cursor cursor, SessionId? session, StreamFormat format)
    {
        // One who asks by POST waits for an answer.
        var waits = HttpMethods.IsPost(context.Request.Method);
        var resumed = await turns.OpenAsync(callers.CallerOf(context).Tenant, cursor, saysEndAgain: waits, context.RequestAborted);
        if (resumed is null)
        {
            await ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor);
            return;
        }

        await using (resumed)
        {
            await (session is { } named && resumed.Reader.Session != named
                ? ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor)
                : FollowAsync(context, resumed, format));
        }
    }

    private async Task FollowAsync(HttpContext context, ResumedTurn resumed, StreamFormat format)
    {
        var reader = resumed.Reader;
        TurnHeaders.Set(context.Response, reader.Session, reader.Turn);
        if (resumed.IsAtEnd)
        {
            // What tells a browser's EventSource to stop coming back.
            context.Response.StatusCode = 204;
        }
        else if (HttpMethods.IsHead(context.Request.Method))
        {
            SseEvents.SetHeaders(context.Response);
        }
        else
        {
            // The turn is known: however it went, telling so is a success.
            var events = new SseEvents(context.Response, reader, format, marks);
            await new EventStream(reader, resumed.After, events, pulse, options.HeartbeatInterval, metrics).RunAsync(TimeSpan.Zero, context.RequestAborted);
        }
    }
}
