using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;

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
        if (options.Name is null)
        {
            services.AddSingleton<UnconfiguredEngine>();
            services.AddSingleton<IEngine>(provider => provider.GetRequiredService<UnconfiguredEngine>());
            services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<UnconfiguredEngine>());
        }
    }
}
