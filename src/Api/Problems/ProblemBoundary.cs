using Microsoft.AspNetCore.Connections;
using Sluice.Core.Storage;

namespace Sluice.Api.Problems;

/// <summary>The one place where an exception nobody expected ends.</summary>
internal sealed class ProblemBoundary(RequestDelegate next, IProblemWriter problems, ILogger<ProblemBoundary> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var handling = next(context);
        return handling.IsCompletedSuccessfully ? handling : GuardAsync(handling, context);
    }

    private async Task GuardAsync(Task handling, HttpContext context)
    {
        try
        {
            await handling;
        }
        catch (Exception e) when (IsOfLeaving(e, context))
        {
            // The client left. There is nobody to answer; the status is for our own records.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            }

            // A reset can be seen here before Kestrel has seen it, which would then wait for the rest of the body and log its failure as an error.
            context.Abort();
        }
        catch (StorageUnavailableException) when (!context.Response.HasStarted)
        {
            await problems.WriteAsync(context, ProblemTable.StorageUnavailable);
        }
        catch (BadHttpRequestException refused) when (!context.Response.HasStarted)
        {
            await problems.WriteAsync(context, Of(refused));
        }
        catch (Exception defect)
        {
            var problem = Unexpected.Note(logger, context, defect);
            if (context.Response.HasStarted)
            {
                // Half an answer must not look like a whole one.
                context.Abort();
                return;
            }

            await problems.WriteAsync(context, problem);
        }
    }

    private static bool IsOfLeaving(Exception e, HttpContext context) =>
        e is ConnectionResetException
        || (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested);

    // Kestrel's own words may quote what was sent.
    private static Problem Of(BadHttpRequestException refused) => refused.StatusCode switch
    {
        408 => new Problem(408, "body_too_slow", "The request's body came too slowly."),
        413 => new Problem(413, "body_too_large", "The request's body is too large."),
        var status => new Problem(status, "bad_request", "The request's body is not valid HTTP."),
    };
}
