using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;

namespace Sluice.Api.Rpc;

/// <summary>The gRPC surface: what it needs, and every service there is.</summary>
internal static class RpcSurface
{
    private static readonly Problem NothingHere = new(404, "not_found", "Here is gRPC and nothing else: sluice.v1.AgentGateway and grpc.health.v1.Health.");

    /// <summary>Options registered before this call win over the defaults.</summary>
    public static IServiceCollection AddRpcSurface(this IServiceCollection services, GrpcOptions options)
    {
        services.AddEntrance();
        services.AddSingleton(options);
        services.AddSingleton<IProblemWriter, RpcProblems>();
        services.AddSingleton<RpcRequestReader>();
        services.AddSingleton<AgentGatewayService>();
        services.AddSingleton<ReadinessChanges>();
        services.AddSingleton<HealthService>();
        services.AddSingleton<RpcBoundary>();
        services.AddGrpc(grpc => grpc.Interceptors.Add<RpcBoundary>());
        services.AddSingleton<IPostConfigureOptions<GrpcServiceOptions>, RpcLimits>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, RpcLimits>();
        if (options.Reflection)
        {
            services.AddGrpcReflection();
        }

        return services;
    }

    public static WebApplication MapRpcSurface(this WebApplication app)
    {
        app.UseEntrance(NothingHere);
        app.MapGrpcService<AgentGatewayService>().Add(OpenUnlessCalled);
        app.MapGrpcService<HealthService>();
        if (app.Services.GetRequiredService<GrpcOptions>().Reflection)
        {
            app.MapGrpcReflectionService().WithMetadata(new OpenAttribute());
        }

        return app;
    }

    // Beside its methods a service has an endpoint that answers UNIMPLEMENTED to all others: as a path that is not there, it is so for everyone.
    private static void OpenUnlessCalled(EndpointBuilder endpoint)
    {
        if (!endpoint.Metadata.OfType<GrpcMethodMetadata>().Any())
        {
            endpoint.Metadata.Add(new OpenAttribute());
        }
    }
}
