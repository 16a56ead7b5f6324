using System.Globalization;
using Sluice.Api.Problems;

namespace Sluice.Api.Rpc;

/// <summary>
/// Tells a problem before there is a call: with a head that is all of the answer (Trailers-Only, https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). To one who does not
/// speak gRPC, as over HTTP.
/// </summary>
internal sealed class RpcProblems : IProblemWriter
{
    private const string ContentType = "application/grpc";

    public static bool IsRpc(HttpRequest request) => request.ContentType?.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase) == true;

    public Task WriteAsync(HttpContext context, Problem problem)
    {
        if (!IsRpc(context.Request))
        {
            return ProblemWriter.WriteAsync(context, problem);
        }

        var (status, trailers) = RpcStatus.Of(problem, context);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers.GrpcStatus = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);

        // More is escaped than has to be, which every client undoes.
        response.Headers.GrpcMessage = Uri.EscapeDataString(status.Detail);
        foreach (var trailer in trailers)
        {
            response.Headers[trailer.Key] = trailer.IsBinary ? Convert.ToBase64String(trailer.ValueBytes) : trailer.Value;
        }

        return Task.CompletedTask;
    }
}
