using Sluice.Api.Configuration;

namespace Sluice.Api.Metrics;

/// <summary>Adds up what is measured, and tells it to Prometheus at <see cref="MetricsEndpoint"/>.</summary>
internal static class MetricsServices
{
    public static void AddMetricsForPrometheus(this IServiceCollection services, MetricsOptions options)
    {
        services.AddSingleton(options);
        if (options.Enabled)
        {
            services.AddSingleton<MeterReader>();
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<MeterReader>());
        }
    }

    /// <summary>Keeps the port for scrapers apart, before anything else looks at a request.</summary>
    public static void UseMetricsPort(this WebApplication app)
    {
        if (app.Services.GetRequiredService<MetricsOptions>() is { Enabled: true, Port: > 0 and var port })
        {
            var endpoint = app.Services.GetRequiredService<MetricsEndpoint>();
            app.Use(next => context => context.Connection.LocalPort == port ? endpoint.HandleScraperAsync(context) : next(context));
        }
    }
}
