using System.Collections.Frozen;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex;
using Sluice.Vertex.Credentials;
using ResilienceOptions = Sluice.Vertex.Resilience.ResilienceOptions;

namespace Sluice.Api.Hosting;

/// <summary>The engine that turns are given to, and what is told of it.</summary>
internal static class EngineServices
{
    public static void AddEngine(this IServiceCollection services, EngineOptions options, ResilienceOptions resilience)
    {
        services.AddSingleton(new EngineFacts
        {
            Mode = options.Mode,
            ResourceName = options.Name?.ToString() ?? "",
            Location = options.Location,
            Names = options.Name is { } name ? FrozenSet.Create(StringComparer.Ordinal, "default", name.Id, name.ToString()) : [],
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

        services.AddSingleton(provider => new VertexEngine(
            [vertex],
            resilience,
            provider.GetRequiredService<Pulse>(),
            provider.GetRequiredService<IAccessTokens>(),
            provider.GetRequiredService<IEngineObserver>()));
        services.AddSingleton<IEngine>(provider => provider.GetRequiredService<VertexEngine>());
        services.AddSingleton<IEngineHealth>(provider => provider.GetRequiredService<VertexEngine>());
    }
}
