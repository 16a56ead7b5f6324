using Grpc.Core;
using Sluice.Api.Problems;

namespace Sluice.Api.Rpc;

/// <summary>The one place that says which gRPC status a problem is (https://grpc.io/docs/guides/status-codes).</summary>
internal static class StatusTable
{
    public static StatusCode Of(Problem problem) => problem switch
    {
        // Whatever else it is called, clients must not take it for something that can be sent again.
        { IsUnknown: true, Status: 504 } => StatusCode.DeadlineExceeded,
        { IsUnknown: true } => StatusCode.Unknown,
        { Code: "turn_cancelled", Status: 409 } => StatusCode.Cancelled,

        // Sent again, it would run another turn: not what a client may do by itself, as with a status that says to come back.
        { Code: ProblemTable.MovedCode, Status: 502 } => StatusCode.Aborted,
        _ => OfCode(problem.Code) ?? OfHttp(problem.Status),
    };

    // Where gRPC tells apart what HTTP has one status for.
    private static StatusCode? OfCode(string code) => code switch
    {
        "idempotency_key_reused" => StatusCode.AlreadyExists,
        "agent_failed" or "engine_not_configured" or "not_cached" or "session_user_mismatch" => StatusCode.FailedPrecondition,
        "answer_too_large" => StatusCode.ResourceExhausted,
        "engine_unreachable" => StatusCode.Unavailable,
        "not_this_machine" => StatusCode.PermissionDenied,
        _ => null,
    };

    private static StatusCode OfHttp(int status) => status switch
    {
        401 => StatusCode.Unauthenticated,
        402 or 429 => StatusCode.ResourceExhausted,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.NotFound,
        408 or 504 => StatusCode.DeadlineExceeded,
        409 => StatusCode.Aborted,
        412 => StatusCode.FailedPrecondition,
        >= 400 and < 500 => StatusCode.InvalidArgument,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };
}
