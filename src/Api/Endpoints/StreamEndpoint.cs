using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Api.Endpoints;

/// <summary><c>POST /invoke/stream</c>: one turn, its events as they come.</summary>
internal sealed class StreamEndpoint(
    ISessionHost host,
    TurnRequestReader requests,
    SseResumption resumption,
    Pulse pulse,
    HttpSurfaceOptions options,
    OriginMarks marks,
    StreamMetrics metrics)
{
    public Task HandleAsync(HttpContext context)
    {
        if (StreamFormats.TryRead(context.Request, out var format) is { } refused)
        {
            return ProblemWriter.WriteAsync(context, refused);
        }

        return ResumePoint.IsPresent(context.Request) ? ResumeAsync(context, format) : StartAsync(context, format);
    }

    private async Task StartAsync(HttpContext context, StreamFormat format)
    {
        var read = await requests.ReadAsync(context, Delivery.Streamed);
        if (read.Request is not { } request)
        {
            await ProblemWriter.WriteAsync(context, read.Problem!);
            return;
        }

        var admission = await host.StartAsync(request, ReadInterest.EveryEvent, context.RequestAborted);
        if (admission.Reader is not { } reader)
        {
            await ProblemWriter.WriteAsync(context, ProblemTable.Of(admission));
            return;
        }

        TurnHeaders.SetReplayed(context.Response, admission);
        await using (reader)
        {
            TurnHeaders.Set(context.Response, reader.Session, reader.Turn);
            if (request.Grace is null)
            {
                Preference.Applied(context.Response);
            }

            var events = new SseEvents(context.Response, reader, format, marks);
            var stream = new EventStream(reader, after: 0, events, pulse, options.HeartbeatInterval, metrics);
            if (await stream.RunAsync(options.HeadHold, context.RequestAborted) is { } failed)
            {
                marks.Set(context.Response, failed.ServedBy);
                await ProblemWriter.WriteAsync(context, ProblemTable.Of(failed));
            }
        }
    }

    private async Task ResumeAsync(HttpContext context, StreamFormat format)
    {
        var malformed = ResumePoint.TryRead(context.Request, out var cursor);
        if ((await requests.DropBodyAsync(context) ?? malformed) is { } refused)
        {
            await ProblemWriter.WriteAsync(context, refused);
            return;
        }

        await resumption.ResumeAsync(context, cursor, session: null, format);
    }
}
