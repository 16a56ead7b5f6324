using Sluice.Api.Configuration;
using Sluice.Api.Limits;

namespace Sluice.Api.Observability;

/// <summary>Writes a line for each request, or for each that was answered with 5xx.</summary>
internal sealed class RequestLog(ILogger<RequestLog> log, ClientAddresses addresses, TimeProvider time, LoggingOptions options)
{
    private static readonly EventId Event = new(2, "Request");

    private readonly int _from = options.Requests switch
    {
        RequestLogging.All => 0,
        RequestLogging.Off => int.MaxValue,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <param name="context">The request, answered.</param>
    /// <param name="started">The time provider's timestamp of its beginning.</param>
    public void Write(HttpContext context, long started)
    {
        var status = context.Response.StatusCode;
        if (status < _from)
        {
            return;
        }

        var level = status >= StatusCodes.Status500InternalServerError ? LogLevel.Warning : LogLevel.Information;
        if (log.IsEnabled(level))
        {
            var request = context.Request;
            var line = new RequestLine(
                request.Method,
                request.Path,
                request.Protocol,
                status,
                time.GetElapsedTime(started),
                request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null,
                addresses.Of(context).ToString());
            log.Log(level, Event, line, exception: null, static (line, _) => line.ToString());
        }
    }
}
