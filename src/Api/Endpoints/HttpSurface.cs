using Microsoft.Extensions.DependencyInjection.Extensions;
using Sluice.Api.Batches;
using Sluice.Api.Cards;
using Sluice.Api.Metrics;
using Sluice.Api.OpenApi;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Callers;

namespace Sluice.Api.Endpoints;

/// <summary>The native HTTP surface: what it needs, and every path it answers to.</summary>
internal static class HttpSurface
{
    /// <summary>What is told of a path where there is nothing, or nothing for the one who asks.</summary>
    public static readonly Problem Nothing = new(404, "not_found", "There is nothing at this path; /openapi.json lists what there is.");

    /// <summary>Options registered before this call win over the defaults.</summary>
    public static IServiceCollection AddHttpSurface(this IServiceCollection services)
    {
        services.AddEntrance();
        services.TryAddSingleton(new CardOptions());
        services.AddSingleton<IProblemWriter, ProblemWriter>();
        services.AddSingleton<TurnRequestReader>();
        services.AddSingleton<SseResumption>();
        services.AddSingleton<InvokeEndpoint>();
        services.AddSingleton<BatchEndpoint>();
        services.AddSingleton<StreamEndpoint>();
        services.AddSingleton<TurnEndpoints>();
        services.AddSingleton<SessionEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<AgentCard>();
        return services;
    }

    public static WebApplication MapHttpSurface(this WebApplication app)
    {
        app.UseEntrance(Nothing);
        foreach (var route in Routes(app.Services))
        {
            app.Map(route.Pattern, route.HandleAsync).WithMetadata(route);
        }

        return app;
    }

    private static IEnumerable<Route> Routes(IServiceProvider services)
    {
        var invoke = services.GetRequiredService<InvokeEndpoint>();
        var batch = services.GetRequiredService<BatchEndpoint>();
        var stream = services.GetRequiredService<StreamEndpoint>();
        var turns = services.GetRequiredService<TurnEndpoints>();
        var sessions = services.GetRequiredService<SessionEndpoints>();
        var health = services.GetRequiredService<HealthEndpoints>();
        var card = services.GetRequiredService<AgentCard>();
        var metrics = services.GetRequiredService<MetricsEndpoint>();

        yield return new Route("/invoke", post: invoke.HandleAsync);
        yield return new Route(BatchEndpoint.Path, post: batch.HandleAsync);
        yield return new Route("/invoke/stream", post: stream.HandleAsync);
        yield return new Route("/sessions/{session}", get: sessions.GetAsync, delete: sessions.ForgetAsync);
        yield return new Route("/sessions/{session}/turns/{turn}", get: turns.GetAsync);
        yield return new Route("/sessions/{session}/turns/{turn}/events", get: turns.FollowAsync);
        yield return new Route("/sessions/{session}/turns/{turn}:cancel", post: turns.CancelAsync);
        yield return new Route("/_health", get: health.HealthAsync) { IsOpen = true };
        yield return new Route("/livez", get: HealthEndpoints.LiveAsync) { IsOpen = true };
        yield return new Route("/readyz", get: health.ReadyAsync) { IsOpen = true };
        yield return new Route("/card", get: card.HandleAsync) { IsOpen = true };
        yield return new Route("/.well-known/agent-card.json", get: card.HandleAsync) { IsOpen = true };
        yield return new Route(MetricsEndpoint.Path, get: metrics.HandleAsync) { Scope = Scopes.Operate };
        yield return new Route("/openapi.json", get: OpenApiDocument.HandleAsync) { IsOpen = true };
    }
}
