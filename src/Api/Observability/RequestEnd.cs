using Microsoft.AspNetCore.Http.Features;
using Sluice.Api.Configuration;

namespace Sluice.Api.Observability;

/// <summary>What is done when a request has its answer: its span is completed, its line written. One middleware for both, for each costs every request.</summary>
internal sealed class RequestEnd(RequestDelegate next, RequestLog log, TimeProvider time, TelemetryOptions telemetry)
{
    private readonly bool _spans = telemetry.ToOtlp || telemetry.ToCloudTrace;

    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        await next(context);
        var call = RpcOutcome.Of(context);
        if (call is { } ended)
        {
            // Of http.server.request.duration, which knows the HTTP status alone.
            context.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new(ServerSpan.RpcStatus, ended.Name));
        }

        if (_spans)
        {
            ServerSpan.Complete(context, call);
        }

        log.Write(context, started, call);
    }
}
