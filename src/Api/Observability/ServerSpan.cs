using System.Collections.Concurrent;
using System.Diagnostics;
using Sluice.Api.Answers;

namespace Sluice.Api.Observability;

/// <summary>
/// Completes the span of a request with what is known at its end (OpenTelemetry HTTP and GenAI semantic conventions); what is known at its beginning,
/// ASP.NET Core has set.
/// </summary>
internal static class ServerSpan
{
    /// <summary>A call's status (OpenTelemetry RPC semantic conventions).</summary>
    public const string RpcStatus = "rpc.response.status_code";

    // Made once for each.
    private static readonly ConcurrentDictionary<(string Method, string Route), string> Names = new();

    /// <param name="context">Answered.</param>
    /// <param name="call">How it ended, if it was a gRPC call.</param>
    public static void Complete(HttpContext context, RpcOutcome? call)
    {
        if (Activity.Current is not { IsAllDataRequested: true } span)
        {
            return;
        }

        var status = context.Response.StatusCode;
        span.AddTag("http.response.status_code", status);
        if (call is { } ended)
        {
            span.AddTag("rpc.system.name", "grpc");
            span.AddTag(RpcStatus, ended.Name);
        }

        if (call?.IsFault ?? status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
            if (span.GetTagItem("error.type") is null)
            {
                span.SetTag("error.type", call?.Name ?? status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route })
        {
            span.AddTag("http.route", route);
            span.DisplayName = NameOf(context.Request.Method, route);
        }

        if (context.Response.Headers.TryGetValue(TurnHeaders.SessionName, out var session))
        {
            span.AddTag("gen_ai.conversation.id", session.ToString());
        }
    }

    private static string NameOf(string method, string route)
    {
        const int Bound = 256;
        if (Names.TryGetValue((method, route), out var name))
        {
            return name;
        }

        // A method is the caller's word.
        name = $"{method} {route}";
        return Names.Count < Bound ? Names.GetOrAdd((method, route), name) : name;
    }
}
