using System.Collections.Frozen;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Engines.Fallbacks;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Vertex;
using Sluice.Vertex.Credentials;
using ResilienceOptions = Sluice.Vertex.Resilience.ResilienceOptions;

namespace Sluice.Api.Hosting;

/// <summary>The engines that turns are given to, and what is told of them.</summary>
internal static class EngineServices
{
    public static void AddEngines(this IServiceCollection services, EngineOptions options, CachePolicy cache, ResilienceOptions resilience)
    {
        services.AddSingleton(FactsOf(options));
        if (options.Engines.Count == 0)
        {
            services.AddSingleton<UnconfiguredEngine>();
            services.AddSingleton<IEngine>(provider => provider.GetRequiredService<UnconfiguredEngine>());
            services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<UnconfiguredEngine>());
            return;
        }

        services.AddSingleton<IAccessTokens>(provider => new GoogleAccessTokens(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new EngineDirectory(
            [.. options.Engines.Select(engine => Make(engine, options, resilience, provider))],
            cache.Ttl > TimeSpan.Zero || options.Engines.Any(HasStale) ? new AnswerCache(cache, provider.GetRequiredService<TimeProvider>()) : null));
        services.AddSingleton<IEngine>(provider => provider.GetRequiredService<EngineDirectory>());
        services.AddSingleton<IEngineHealth>(provider => provider.GetRequiredService<EngineDirectory>());
    }

    private static EngineFacts FactsOf(EngineOptions options)
    {
        var names = options.Engines.Select(engine => engine.Name).ToHashSet(StringComparer.Ordinal);
        if (options.Name is { } name)
        {
            names.UnionWith(AliasesOf(name));
        }

        return new EngineFacts
        {
            Mode = options.Mode,
            ResourceName = options.Name?.ToString() ?? "",
            Location = options.Location,
            HasSeveralPlaces = options.Engines.Sum(engine => engine.Regions.Count) > 1,
            Names = names.ToFrozenSet(StringComparer.Ordinal),
        };
    }

    private static NamedEngine Make(NamedEngineOptions engine, EngineOptions options, ResilienceOptions resilience, IServiceProvider provider)
    {
        var regions = options.Vertex(engine);

        // Over plain http, which is loopback, no token is sent; configuration has both kinds of regions in one engine refused.
        var tokens = regions[0].NeedsCredentials ? provider.GetRequiredService<IAccessTokens>() : NoAccessTokens.Instance;
        return new NamedEngine(engine.Name, new VertexEngine(
            regions,
            resilience with { SafeToRepeat = engine.SafeToRepeat ?? resilience.SafeToRepeat },
            provider.GetRequiredService<Pulse>(),
            tokens,
            provider.GetRequiredService<IEngineObserver>(),
            provider.GetService<ISessionStore>() as ICircuitReports))
        {
            Aliases = engine.Name == NamedEngineOptions.Default ? AliasesOf(engine.Regions[0].Name) : [],
            Fallbacks = engine.Fallbacks,
        };
    }

    private static string[] AliasesOf(EngineName name) => [name.Id, name.ToString()];

    private static bool HasStale(NamedEngineOptions engine) => engine.Fallbacks.Any(choice => choice.Kind == FallbackKind.Stale);
}
