using Microsoft.Extensions.DependencyInjection.Extensions;
using Sluice.Api.Configuration;
using Sluice.Api.Observability;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;

namespace Sluice.Api.Hosting;

/// <summary>Sessions in this process, from the first request to the end of the last turn.</summary>
internal static class SessionServices
{
    public static void AddSessions(this IServiceCollection services, GatewayOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options.Sessions);
        services.AddSingleton<Pulse>();
        if (options.Limits is { LimitsTurns: true } or { LimitsRequests: true })
        {
            services.AddSingleton(provider => LimitsOf(provider, options.Limits));
        }

        services.AddSingleton(provider => HostOf(provider, options.Sessions));

        services.AddSingleton(options.Hosting);
        services.AddHostedService<Shutdown>();
        services.AddHostedService<MemoryMetrics>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Hosting.ShutdownTimeout);
    }

    private static ISessionHost HostOf(IServiceProvider provider, SessionLimits limits)
    {
        var engine = provider.GetRequiredService<IEngine>();
        var pulse = provider.GetRequiredService<Pulse>();
        var observer = provider.GetRequiredService<ITurnObserver>();

        var callerLimits = provider.GetService<CallerLimits>();

        // A store that is shared is also where those who share it meet.
        return provider.GetService<SessionJournal>() is { } journal
            ? new StoredSessionHost(engine, limits, pulse, observer, journal, journal.Store as IPeers, callerLimits)
            : new EmbeddedSessionHost(engine, limits, pulse, observer, callerLimits);
    }

    private static CallerLimits LimitsOf(IServiceProvider provider, LimitSettings settings) => new(
        settings,
        provider.GetRequiredService<Pulse>(),
        provider.GetService<ISessionStore>() as IQuotaLeases,
        provider.GetRequiredService<ITurnObserver>().Defect);
}
