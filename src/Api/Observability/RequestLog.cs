using Sluice.Api.Configuration;
using Sluice.Api.Limits;

namespace Sluice.Api.Observability;

/// <summary>Writes a line for each request, or for each that was answered with 5xx.</summary>
internal sealed class RequestLog(ILogger<RequestLog> log, ClientAddresses addresses, TimeProvider time, LoggingOptions options)
{
    private static readonly EventId Event = new(2, "Request");

    private readonly RequestLogging _extent = options.Requests;

    /// <param name="context">The request, answered.</param>
    /// <param name="started">The time provider's timestamp of its beginning.</param>
    /// <param name="call">How it ended, if it was a gRPC call.</param>
    public void Write(HttpContext context, long started, RpcOutcome? call)
    {
        var status = context.Response.StatusCode;
        var isFault = call?.IsFault ?? status >= StatusCodes.Status500InternalServerError;
        if (_extent == RequestLogging.Off || (!isFault && _extent != RequestLogging.All))
        {
            return;
        }

        var level = isFault ? LogLevel.Warning : LogLevel.Information;
        if (log.IsEnabled(level))
        {
            var request = context.Request;
            var line = new RequestLine(
                request.Method,
                request.Path,
                request.Protocol,
                status,
                call?.Name,
                time.GetElapsedTime(started),
                request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null,
                addresses.Of(context).ToString());
            log.Log(level, Event, line, exception: null, static (line, _) => line.ToString());
        }
    }
}
