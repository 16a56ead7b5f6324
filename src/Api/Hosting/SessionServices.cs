using Microsoft.Extensions.DependencyInjection.Extensions;
using Sluice.Api.Configuration;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
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
        services.AddSingleton(provider => new EmbeddedSessionHost(
            provider.GetRequiredService<IEngine>(),
            options.Sessions,
            provider.GetRequiredService<Pulse>(),
            provider.GetRequiredService<ITurnObserver>(),
            provider.GetService<SessionJournal>()));
        services.AddSingleton<ISessionHost>(provider => provider.GetRequiredService<EmbeddedSessionHost>());

        services.AddSingleton(options.Hosting);
        services.AddHostedService<Shutdown>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Hosting.ShutdownTimeout);
    }
}
