using Sluice.Api.Configuration;

namespace Sluice.Api.Observability;

/// <summary>Writes a line for each request, or for each that was answered with 5xx.</summary>
internal sealed class RequestLog(ILogger<RequestLog> log, TimeProvider time, LoggingOptions options)
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
                RemoteOf(context));
            log.Log(level, Event, line, exception: null, static (line, _) => line.ToString());
        }
    }

    // A socket for both families shows IPv4 callers as ::ffff:192.0.2.1.
    private static string? RemoteOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4().ToString() : context.Connection.RemoteIpAddress?.ToString();
}
