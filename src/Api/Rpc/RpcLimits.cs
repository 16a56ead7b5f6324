using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;

namespace Sluice.Api.Rpc;

/// <summary>What Kestrel and gRPC hold a client to before our own code.</summary>
internal sealed class RpcLimits(HttpSurfaceOptions options, GrpcOptions grpc) : IPostConfigureOptions<GrpcServiceOptions>, IConfigureOptions<KestrelServerOptions>
{
    // Behind the silence that a heartbeat breaks: for one whose network is gone, and who answers nothing.
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Behind gRPC's own defaults, which would come back in an empty list.</summary>
    public void PostConfigure(string? name, GrpcServiceOptions service)
    {
        service.MaxReceiveMessageSize = options.MaxBodyBytes;

        // An answer is bounded by its turn's log, and a client has a bound of its own.
        service.MaxSendMessageSize = null;

        // What is taken in compressed would be unpacked without a bound; and what streams is small and must not wait.
        service.CompressionProviders.Clear();
    }

    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.Limits.Http2.MaxStreamsPerConnection = grpc.StreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = options.HeartbeatInterval;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
    }
}
