using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Sluice.Api.Configuration;
using Sluice.Api.Metrics;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;

namespace Sluice.Api.Observability;

/// <summary>Puts together what is seen from outside: logs, traces, metrics, and the trace id on each response.</summary>
internal static class ObservabilityServices
{
    public static void AddObservability(this WebApplicationBuilder builder, GatewayOptions options)
    {
        // ASP.NET Core puts OpenTelemetry's attributes on its spans itself, in .NET 10 only when asked, and only those known at the start. It does so for
        // spans that nobody exports as well, so it is not asked then.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", isEnabled: options.Telemetry is { ToOtlp: false, ToCloudTrace: false });
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options.Logging);
        services.AddSingleton(options.Telemetry);
        services.AddSingleton(new GoogleProject(options.Telemetry, options.Engine));
        services.AddSingleton<DistributedContextPropagator, InboundTraceContext>();
        services.AddSingleton<RequestLog>();
        services.AddMetricsForPrometheus(options.Metrics);
        services.AddSingleton<TurnMetrics>();
        services.AddSingleton<ITurnObserver, TurnObserver>();
        services.AddSingleton<IEngineObserver, EngineObserver>();
        services.AddSingleton<IHostedService, TelemetryExport>();
        services.AddSingleton<IHostedService, RequestActivities>();
        AddLogging(builder, options.Logging);
    }

    /// <summary>First in the pipeline: the id, so that whatever follows has it; then the log, which sees the answer as it was made of any failure.</summary>
    public static void UseObservability(this WebApplication app)
    {
        app.UseTraceIdHeader();
        app.UseMiddleware<RequestEnd>();
        app.UseMetricsPort();
    }

    private static void AddLogging(WebApplicationBuilder builder, LoggingOptions options)
    {
        // What it would say of a request, RequestLog says; its scope would cost each request, and no format writes it. Configuration has the last word.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // It has a line for each call that does not end well, as RequestLog has.
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddConsole(console =>
        {
            console.FormatterName = options.WritesJson ? CloudJsonFormatter.FormatterName : TerminalFormatter.FormatterName;
            // A log that nobody takes away must not stop the turns; how many lines were dropped is written when it moves again.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        builder.Services.AddSingleton<ConsoleFormatter, CloudJsonFormatter>();
        builder.Services.AddSingleton<ConsoleFormatter, TerminalFormatter>();
    }
}
