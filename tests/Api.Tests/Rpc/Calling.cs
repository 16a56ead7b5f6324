using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Sluice.Api.Configuration;
using Sluice.Api.Rpc;
using Sluice.Api.Tests.Http;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

/// <summary>Calls in few words, and what came of them.</summary>
internal static class Calling
{
    public static readonly GrpcOptions Plain = new() { Reflection = false, StreamsPerConnection = 1000 };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A client that repeats nothing by itself.</summary>
    public static GrpcChannel Channel(this Gateway gateway) => GrpcChannel.ForAddress(gateway.Address);

    /// <summary>Its calls end with their test, whatever becomes of them; without a deadline, of which the gateway would know.</summary>
    public static Wire.AgentGateway.AgentGatewayClient Client(this GrpcChannel channel) => new(channel.Intercept(new Limited()));

    public static Wire.InvokeRequest Ask(string text, string session = "", string key = "") => new() { Text = text, SessionId = session, IdempotencyKey = key };

    public static Wire.Cursor At(string turn, long sequence) => new() { TurnId = turn, Sequence = sequence };

    /// <summary>The next event; fails after ten seconds.</summary>
    public static async Task<Wire.InvokeEvent> NextAsync(this AsyncServerStreamingCall<Wire.InvokeEvent> call)
    {
        (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience)).ShouldBeTrue("the stream has ended");
        return call.ResponseStream.Current;
    }

    /// <summary>All that is left, to an end with OK.</summary>
    public static async Task<List<Wire.InvokeEvent>> RestAsync(this AsyncServerStreamingCall<Wire.InvokeEvent> call)
    {
        var events = new List<Wire.InvokeEvent>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience))
        {
            events.Add(call.ResponseStream.Current);
        }

        return events;
    }

    /// <summary>How the call fails, when it does.</summary>
    public static async Task<RpcException> FailureAsync(this Task call) => await Should.ThrowAsync<RpcException>(call.WaitAsync(Patience));

    public static Task<RpcException> FailureAsync<T>(this AsyncUnaryCall<T> call) => call.ResponseAsync.FailureAsync();

    public static Task<RpcException> FailureAsync(this AsyncServerStreamingCall<Wire.InvokeEvent> call) => call.RestAsync().FailureAsync();

    /// <summary>Checks status and code, where both are told.</summary>
    public static RpcException ShouldBe(this RpcException failure, StatusCode status, string code)
    {
        failure.StatusCode.ShouldBe(status, failure.Message);
        failure.Trailer(RpcStatus.CodeTrailer).ShouldBe(code);
        var details = failure.GetRpcStatus()!;
        details.Code.ShouldBe((int)status);
        details.Message.ShouldBe(failure.Status.Detail);
        details.GetDetail<ErrorInfo>().Reason.ShouldBe(code.ToUpperInvariant());
        return failure;
    }

    public static string? Trailer(this RpcException failure, string name) => failure.Trailers.GetValue(name);

    public static T Detail<T>(this RpcException failure)
        where T : class, Google.Protobuf.IMessage<T>, new() => failure.GetRpcStatus()!.GetDetail<T>();

    private sealed class Limited : Interceptor
    {
        private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Limit(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Limit(context));

        private static ClientInterceptorContext<TRequest, TResponse> Limit<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class =>
            new(context.Method, context.Host, context.Options.WithCancellationToken(new CancellationTokenSource(Longest).Token));
    }
}
