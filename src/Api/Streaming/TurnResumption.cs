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
internal sealed class TurnResumption(ISessionHost host, ICallers callers, Pulse pulse, HttpSurfaceOptions options, OriginMarks marks, StreamMetrics metrics)
{
    /// <param name="context">The request to answer.</param>
    /// <param name="cursor">The last event the client has.</param>
    /// <param name="session">The session its path names, if it names one.</param>
    /// <param name="format">What the events hold.</param>
    public async Task ResumeAsync(HttpContext context, Cursor cursor, SessionId? session, StreamFormat format)
    {
        var tenant = callers.CallerOf(context).Tenant;
        var gone = context.RequestAborted;
        var reader = await host.FollowAsync(tenant, cursor, ReadInterest.EveryEvent, gone);
        if (reader is not null && HttpMethods.IsPost(context.Request.Method) && cursor.Sequence > 0 && await IsAtEndAsync(reader, gone))
        {
            // One who asks by POST waits for an answer: the last event is said again.
            await reader.DisposeAsync();
            cursor = cursor with { Sequence = cursor.Sequence - 1 };
            reader = await host.FollowAsync(tenant, cursor, ReadInterest.EveryEvent, gone);
        }

        if (reader is null)
        {
            await ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor);
            return;
        }

        await using (reader)
        {
            await (session is { } named && reader.Session != named
                ? ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor)
                : FollowAsync(context, reader, cursor.Sequence, format));
        }
    }

    private async Task FollowAsync(HttpContext context, ITurnReader reader, long after, StreamFormat format)
    {
        TurnHeaders.Set(context.Response, reader.Session, reader.Turn);
        if (await IsAtEndAsync(reader, context.RequestAborted))
        {
            // What tells a browser's EventSource to stop coming back.
            context.Response.StatusCode = 204;
        }
        else if (HttpMethods.IsHead(context.Request.Method))
        {
            EventStream.SetHeaders(context.Response);
        }
        else
        {
            // The turn is known: however it went, telling so is a success.
            await new EventStream(context, reader, after, format, pulse, options, marks, metrics).RunAsync(TimeSpan.Zero);
        }
    }

    // Asked of the reader and not of the turn's state: a turn can have ended a moment before its last event is there to be read.
    private static async ValueTask<bool> IsAtEndAsync(ITurnReader reader, CancellationToken cancellationToken)
    {
        var waiting = reader.WaitAsync(cancellationToken);
        if (!waiting.IsCompleted)
        {
            reader.Wake();
        }

        return await waiting == ReadSignal.Ended;
    }
}
