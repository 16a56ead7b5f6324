using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Sluice.Api.Answers;
using Sluice.Api.Configuration;
using Sluice.Api.Identity;
using Sluice.Api.Limits;
using Sluice.Api.Metrics;
using Sluice.Api.Problems;
using Sluice.Api.Streaming;
using Sluice.Core.Limits;

namespace Sluice.Api.Endpoints;

/// <summary>What every request passes before its endpoint, whatever protocol it comes in, and what endpoints of every protocol need.</summary>
internal static class Entrance
{
    /// <summary>Options and facts registered before this call win over the defaults. A session host and a pulse have to be registered as well, and who writes problems.</summary>
    public static IServiceCollection AddEntrance(this IServiceCollection services)
    {
        services.TryAddSingleton(new HttpSurfaceOptions());
        services.TryAddSingleton(new EngineFacts());
        services.TryAddSingleton(new GatewayFacts());
        services.TryAddSingleton<ICallers, OneCaller>();
        services.AddSingleton<NotStopping>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<NotStopping>());
        services.AddSingleton<Readiness>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelLimits>();
        services.AddSingleton<ClientAddresses>();
        services.AddSingleton<OriginMarks>();
        services.AddSingleton<StreamMetrics>();
        services.AddSingleton<TurnResumption>();
        services.AddSingleton<MetricsEndpoint>();
        return services;
    }

    /// <summary>Comes after the middleware that names the trace: problems tell its id. What is checked is checked in this order.</summary>
    /// <param name="app">To which endpoints are mapped behind this.</param>
    /// <param name="nothingHere">For a path that has none.</param>
    public static void UseEntrance(this WebApplication app, Problem nothingHere)
    {
        app.UseMiddleware<ProblemBoundary>();
        if (app.Services.GetService<AuthOptions>() is { IsLocal: true })
        {
            app.UseMiddleware<LocalOnly>();
        }

        if (app.Services.GetService<CallerLimits>() is not null)
        {
            app.UseMiddleware<AddressLimit>();
        }

        // Not a route for every path: the router would then weigh it for those that have one of their own.
        var problems = app.Services.GetRequiredService<IProblemWriter>();
        app.Use(next => context => context.GetEndpoint() is null ? problems.WriteAsync(context, nothingHere) : next(context));
        if (app.Services.GetService<Identifier>() is not null)
        {
            app.UseMiddleware<Gate>();
        }

        if (app.Services.GetService<CallerLimits>() is not null)
        {
            app.UseMiddleware<CallerLimit>();
        }
    }
}
