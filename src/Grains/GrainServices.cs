using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Streams;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Grains.Streams;

namespace Sluice.Grains;

/// <summary>Sessions on a cluster. Beside what is added here, a process needs its <see cref="StoredSessionHost"/>, with its sessions placed, and what that is made of.</summary>
public static class GrainServices
{
    /// <summary>A silo that hosts sessions, and a front end in it.</summary>
    public static ISiloBuilder AddSessions(this ISiloBuilder silo, SessionLimits limits)
    {
        silo.Services.AddFrontEnd();
        silo.Services.AddSingleton<TurnPumps>();
        silo.Services.AddHostedService<AbandonedSessions>();
        silo.Services.Configure<GrainCollectionOptions>(collection =>
            collection.ClassSpecificCollectionAge[typeof(SessionGrain).FullName!] = Max(limits.IdleTimeout, collection.CollectionQuantum * 2));
        return silo;
    }

    /// <summary>A front end in a process that is no silo.</summary>
    public static IClientBuilder AddSessions(this IClientBuilder client)
    {
        client.Services.AddFrontEnd();
        return client;
    }

    private static void AddFrontEnd(this IServiceCollection services)
    {
        services.AddSingleton<TurnReceiver>();
        services.AddSingleton<TurnStreams>();
        services.AddKeyedSingleton<IStreamProvider>(TurnStreams.ProviderName, (provider, _) => provider.GetRequiredService<TurnStreams>());
        services.AddSingleton<FollowedTurns>();
        services.AddSingleton<KeptReaders>();
        services.AddSingleton<ISessionHost, ClusterSessionHost>();
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
