using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex;
using Sluice.Vertex.Credentials;

namespace Sluice.Api.Hosting;

/// <summary>The engine that turns are given to, and what is told of it.</summary>
internal static class EngineServices
{
    public static void AddEngine(this IServiceCollection services, EngineOptions options)
    {
        services.AddSingleton(new EngineFacts
        {
            Mode = options.Mode,
            ResourceName = options.Name?.ToString() ?? "",
            Location = options.Location,
        });
        if (options.Vertex is not { } vertex)
        {
            services.AddSingleton<UnconfiguredEngine>();
            services.AddSingleton<IEngine>(provider => provider.GetRequiredService<UnconfiguredEngine>());
            services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<UnconfiguredEngine>());
            return;
        }

        if (vertex.NeedsCredentials)
        {
            services.AddSingleton<IAccessTokens>(provider => new GoogleAccessTokens(provider.GetRequiredService<TimeProvider>()));
        }
        else
        {
            services.AddSingleton<IAccessTokens>(NoAccessTokens.Instance);
        }

        services.AddSingleton<IEngine>(provider => new VertexEngine(vertex, provider.GetRequiredService<Pulse>(), provider.GetRequiredService<IAccessTokens>()));
    }
}
