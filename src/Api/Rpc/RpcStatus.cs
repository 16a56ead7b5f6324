using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Sluice.Api.Answers;
using Sluice.Api.Observability;
using Sluice.Api.Problems;
using Status = Grpc.Core.Status;

namespace Sluice.Api.Rpc;

/// <summary>
/// A problem as gRPC tells it: a status, and trailers that say more. For programs that know them, the details of google.rpc (https://google.aip.dev/193); for all others, the same
/// in plain trailers.
/// </summary>
internal static class RpcStatus
{
    /// <summary>The problem's stable name.</summary>
    public const string CodeTrailer = "x-error-code";

    /// <summary>Where to go on, written as over HTTP: <c>turn:sequence</c>.</summary>
    public const string CursorTrailer = "x-cursor";

    public const string RetryAfterTrailer = "retry-after";

    /// <summary>
    /// Tells a client that repeats calls by itself when to do so, or with a negative number not to (https://github.com/grpc/proposal/blob/master/A6-client-retries.md): its policy knows
    /// the status alone, which says less than is known here.
    /// </summary>
    public const string PushbackTrailer = "grpc-retry-pushback-ms";

    private const string Domain = "sluice";

    public static RpcException ExceptionOf(Problem problem, HttpContext context)
    {
        var (status, trailers) = Of(problem, context);
        return new RpcException(status, trailers);
    }

    public static (Status Status, Metadata Trailers) Of(Problem problem, HttpContext context)
    {
        var code = StatusTable.Of(problem);
        var trailers = new Metadata { { CodeTrailer, problem.Code } };
        var details = new Google.Rpc.Status { Code = (int)code, Message = problem.Detail };
        details.Details.Add(Any.Pack(InfoOf(problem, context)));
        details.Details.Add(Any.Pack(new RequestInfo { RequestId = TraceIdHeader.Of(context) }));
        if (problem.Cursor is { } cursor)
        {
            trailers.Add(CursorTrailer, cursor.ToString());
        }

        if (problem.TellsRetryAfter)
        {
            var seconds = problem.RetryAfterSeconds();
            trailers.Add(RetryAfterTrailer, seconds.ToString(CultureInfo.InvariantCulture));
            details.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) }));
            trailers.Add(PushbackTrailer, problem.Status is 429 or 503 ? (seconds * 1000).ToString(CultureInfo.InvariantCulture) : "-1");
        }
        else
        {
            trailers.Add(PushbackTrailer, "-1");
        }

        if (problem.Errors.Count > 0)
        {
            details.Details.Add(Any.Pack(FieldsOf(problem)));
        }

        if (problem.ViolatedPolicy is { } policy)
        {
            var quota = new QuotaFailure();
            quota.Violations.Add(new QuotaFailure.Types.Violation { Subject = policy, Description = problem.Detail });
            details.Details.Add(Any.Pack(quota));
        }

        trailers.SetRpcStatus(details);
        return (new Status(code, problem.Detail), trailers);
    }

    // Reasons are in capitals there, and are the problem's own name otherwise.
    private static ErrorInfo InfoOf(Problem problem, HttpContext context)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = problem.Code.ToUpperInvariant() };
        Add("session_id", context.Response.Headers[TurnHeaders.SessionName]);
        Add("turn_id", context.Response.Headers[TurnHeaders.TurnName]);
        Add("cursor", problem.Cursor?.ToString());
        Add("upstream_status", problem.UpstreamStatus?.ToString(CultureInfo.InvariantCulture));
        Add("state", problem.IsUnknown ? "unknown" : null);
        Add("reason", problem.Cancelled is { } reason ? TurnJson.NameOf(reason) : null);
        return info;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                info.Metadata.Add(name, value);
            }
        }
    }

    private static BadRequest FieldsOf(Problem problem)
    {
        var fields = new BadRequest();
        fields.FieldViolations.Add(problem.Errors.Select(error => new BadRequest.Types.FieldViolation { Field = error.Path, Description = error.Message }));
        return fields;
    }
}
