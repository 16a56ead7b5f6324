using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Rpc;

namespace Sluice.Api.Hosting;

/// <summary>The surface that the process's role says: of the other, nothing is made.</summary>
internal static class Surfaces
{
    /// <summary>Behind all that the surface shows.</summary>
    public static void AddSurface(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(new GatewayFacts { Revision = options.Telemetry.CloudRunRevision });
        services.AddSingleton(options.Http);
        if (options.Listening.Role == Role.Grpc)
        {
            services.AddRpcSurface(options.Grpc);
        }
        else
        {
            services.AddSingleton(options.Card).AddHttpSurface();
        }
    }

    public static void MapSurface(this WebApplication app, Role role)
    {
        if (role == Role.Grpc)
        {
            app.MapRpcSurface();
        }
        else
        {
            app.MapHttpSurface();
        }
    }
}
