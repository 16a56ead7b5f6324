using Grpc.Core;
using Grpc.Core.Interceptors;
using Sluice.Api.Problems;
using Sluice.Core.Storage;

namespace Sluice.Api.Rpc;

/// <summary>Where an exception nobody expected of a call ends. gRPC by itself would tell it as UNKNOWN.</summary>
internal sealed class RpcBoundary(ILogger<RpcBoundary> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (!IsTold(e, context))
        {
            throw ExceptionOf(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (!IsTold(e, context))
        {
            throw ExceptionOf(e, context);
        }
    }

    // It is a status already; or there is nobody to tell.
    private static bool IsTold(Exception e, ServerCallContext context) => e is RpcException || (e is OperationCanceledException or IOException && RpcCall.IsOver(context));

    private RpcException ExceptionOf(Exception e, ServerCallContext context)
    {
        var problem = e is StorageUnavailableException ? ProblemTable.StorageUnavailable : Unexpected.Note(log, context.GetHttpContext(), e);
        return RpcStatus.ExceptionOf(problem, context.GetHttpContext());
    }
}
