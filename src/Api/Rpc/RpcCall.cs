using Grpc.Core;

namespace Sluice.Api.Rpc;

/// <summary>What our own code has to know of a call.</summary>
internal static class RpcCall
{
    /// <summary>
    /// Its client has left, or has no more time; nothing can be written to it. A call that is out of time is ended by gRPC, by the machine's clock, a moment before its token is cancelled.
    /// </summary>
    public static bool IsOver(ServerCallContext call) => call.CancellationToken.IsCancellationRequested || call.Deadline <= DateTime.UtcNow;
}
