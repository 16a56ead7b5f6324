using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Endpoints;

/// <summary><c>POST /invoke</c>: one turn, one answer.</summary>
internal sealed class InvokeEndpoint(ISessionHost host, TurnRequestReader requests, ICallers callers, OriginMarks marks)
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
        var read = await requests.ReadAsync(context, Delivery.Whole);
        if (read.Request is not { } request)
        {
            await ProblemWriter.WriteAsync(context, read.Problem!);
            return;
        }

        var admission = await host.StartAsync(request, ReadInterest.TheEnd, context.RequestAborted);
        if (admission.Reader is not { } reader)
        {
            await ProblemWriter.WriteAsync(context, ProblemTable.Of(admission));
            return;
        }

        TurnHeaders.SetReplayed(context.Response, admission);
        await using (reader)
        {
            if (request.Grace is null)
            {
                await DetachAsync(context, reader);
                return;
            }

            await AnswerAsync(context, reader, format, isRepeatable: request.IdempotencyKey is not null);
        }
    }

    // The whole answer has no middle to go on from: the cursor's turn is waited for, and told from its beginning.
    private async Task ResumeAsync(HttpContext context, StreamFormat format)
    {
        var malformed = ResumePoint.TryRead(context.Request, out var cursor);
        if ((await requests.DropBodyAsync(context) ?? malformed) is { } refused)
        {
            await ProblemWriter.WriteAsync(context, refused);
            return;
        }

        var beginning = cursor with { Sequence = 0 };
        var tenant = callers.CallerOf(context).Tenant;
        if (await host.FollowAsync(tenant, beginning, ReadInterest.TheEnd, context.RequestAborted) is not { } reader)
        {
            await ProblemWriter.WriteAsync(context, ResumePoint.UnknownCursor);
            return;
        }

        await using (reader)
        {
            await AnswerAsync(context, reader, format, isRepeatable: true);
        }
    }

    private async Task AnswerAsync(HttpContext context, ITurnReader reader, StreamFormat format, bool isRepeatable)
    {
        TurnHeaders.Set(context.Response, reader.Session, reader.Turn);
        if (await reader.EndAsync(context.RequestAborted) is null)
        {
            TurnHeaders.SetLocation(context.Response, reader.Session, reader.Turn);
            await ProblemWriter.WriteAsync(context, ProblemTable.Moved(isRepeatable, new Cursor(reader.Turn, 0)));
            return;
        }

        var problem = WholeAnswer.Read(reader, out var answer);
        marks.Set(context.Response, answer.End.ServedBy);
        await (problem is not null
            ? ProblemWriter.WriteAsync(context, problem)
            : JsonAnswer.WriteAsync(context, 200, InvokeAnswer.Of(answer, format)));
    }

    private static Task DetachAsync(HttpContext context, ITurnReader reader)
    {
        TurnHeaders.Set(context.Response, reader.Session, reader.Turn);
        Preference.Applied(context.Response);
        TurnHeaders.SetLocation(context.Response, reader.Session, reader.Turn);
        return JsonAnswer.WriteAsync(context, 202, TurnJson.OfAccepted(reader.Session, reader.Turn));
    }
}
