using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Sluice.Api.Observability;

/// <summary>
/// The one place where an exception nobody expected ends: logged once, with its trace, and answered without a word of what is inside.
/// </summary>
internal sealed partial class ExceptionBoundary(RequestDelegate next, ILogger<ExceptionBoundary> log)
{
    // nginx's "client closed request": seen by no client, but by whoever counts responses.
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException refused)
        {
            // Kestrel's own words for a body too long, too slow or cut: made for the client, and naming no data.
            await AnswerAsync(context, refused.StatusCode, "bad_request", refused.Message);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The client left; the turn it started has its own life.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = ClientClosedRequest;
            }
        }
        catch (Exception defect)
        {
            Activity.Current?.SetStatus(ActivityStatusCode.Error);
            Activity.Current?.SetTag("error.type", defect.GetType().FullName);
            LogDefect(log, defect, context.Request.Method, context.Request.Path);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError, "internal_error", "The gateway failed. Its log knows more under the trace id.");
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string code, string detail)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            return Task.CompletedTask;
        }

        var traceId = TraceIdHeader.Of(context);
        response.Clear();
        response.Headers[TraceIdHeader.Name] = traceId;
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        using (var json = new Utf8JsonWriter(response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank");
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(status));
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            json.WriteString("code", code);
            json.WriteString("trace_id", traceId);
            json.WriteEndObject();
        }

        // Not the request's token: an answer to a client that left is dropped by the server itself.
        return response.CompleteAsync();
    }

    [LoggerMessage(1, LogLevel.Error, "Unexpected failure of {Method} {Path}")]
    private static partial void LogDefect(ILogger log, Exception defect, string method, PathString path);
}
