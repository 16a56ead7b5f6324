using System.Diagnostics;

namespace Sluice.Api.Observability;

/// <summary>
/// <c>X-Trace-Id</c> on every response: what a caller quotes and an operator searches for. It is the id of the exported trace, whether or not this one is sampled.
/// </summary>
internal static class TraceIdHeader
{
    public const string Name = "X-Trace-Id";

    /// <summary>First of all, and before the response begins: what comes later may fail, or may start to stream.</summary>
    public static void UseTraceIdHeader(this IApplicationBuilder app) => app.Use(next => context =>
    {
        context.Response.Headers[Name] = NewValue();
        return next(context);
    });

    /// <summary>The trace id of this request: 32 lower-case hexadecimal digits.</summary>
    public static string Of(HttpContext context) => context.Response.Headers[Name].ToString();

    // There is an activity for each request (RequestActivities); not yet, or no more, while the process starts or stops.
    private static string NewValue() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
            ? activity.TraceId.ToHexString()
            : ActivityTraceId.CreateRandom().ToHexString();
}
