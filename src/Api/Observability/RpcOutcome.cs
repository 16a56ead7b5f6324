using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace Sluice.Api.Observability;

/// <summary>How a gRPC call ended, which its HTTP status does not tell: that is 200. Names no type of gRPC's, which a process that speaks HTTP need not load.</summary>
/// <param name="Status">Number of its status (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md).</param>
internal readonly record struct RpcOutcome(int Status)
{
    private const string ContentType = "application/grpc";
    private const int Cancelled = 1;

    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
        "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>As it is written everywhere; a label of few values.</summary>
    public string Name => Names[Status];

    /// <summary>What 500 and above are over HTTP: nothing that the caller could have asked better.</summary>
    public bool IsFault => Name is "UNKNOWN" or "DEADLINE_EXCEEDED" or "INTERNAL" or "UNAVAILABLE" or "DATA_LOSS";

    /// <param name="context">Answered. A call whose client has left has no status, and counts as cancelled.</param>
    /// <returns>Null: it is no call.</returns>
    public static RpcOutcome? Of(HttpContext context)
    {
        if (context.Response.ContentType != ContentType)
        {
            return null;
        }

        // In the head of an answer that is nothing else, else behind it.
        var said = context.Response.Headers.GrpcStatus;
        if (said.Count == 0)
        {
            said = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers.GrpcStatus ?? default;
        }

        return int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status < Names.Length ? new RpcOutcome(status) : new RpcOutcome(Cancelled);
    }
}
