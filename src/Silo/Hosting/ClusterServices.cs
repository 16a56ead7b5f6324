using System.Net;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Messaging;
using Sluice.Api.Observability;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Grains;
using Sluice.Silo.Membership;
using GatewayOptions = Sluice.Api.Configuration.GatewayOptions;

namespace Sluice.Silo.Hosting;

/// <summary>The process as a part of a cluster, on top of the gateway that it is.</summary>
internal static class ClusterServices
{
    /// <summary>Behind the gateway's own time to stop: for the silo to leave the cluster.</summary>
    private static readonly TimeSpan LeavingTime = TimeSpan.FromSeconds(5);

    /// <summary>Comes after the store and the sessions. Returns what is wrong, if the two do not go together.</summary>
    public static string? AddCluster(this WebApplicationBuilder builder, SiloOptions silo, GatewayOptions options)
    {
        var services = builder.Services;
        if (!services.Any(service => service.ServiceType == typeof(SessionJournal)))
        {
            return "a silo stores its sessions: set ConnectionStrings__Postgres, which a cluster shares, or Sluice__Data for a silo that is alone";
        }

        var database = options.Replicas.ConnectionString;
        if (database is null && silo.Role == SiloRole.FrontEnd)
        {
            return "a front end finds its silos in PostgreSQL: set ConnectionStrings__Postgres";
        }

        // What Orleans says of itself at the start fills pages; configuration has the last word.
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);

        // Of calls to a silo that is going away, which are made again elsewhere, these say that each is an error; Polly, with which Orleans places grains, also says of each that it went well.
        builder.Logging.AddFilter("Orleans.Messaging", LogLevel.Critical);
        builder.Logging.AddFilter("Orleans.Runtime.HostedClient", LogLevel.Critical);
        builder.Logging.AddFilter("Polly", LogLevel.Critical);
        services.AddSingleton(silo);
        services.AddSingleton(HereOf);
        services.AddSingleton(new MoreTelemetry(["Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application"], ["Microsoft.Orleans"]));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Hosting.ShutdownTimeout + LeavingTime);
        if (silo.Role == SiloRole.Silo)
        {
            builder.UseOrleans(orleans => Configure(orleans, silo, options, database));
        }
        else
        {
            builder.UseOrleansClient(orleans => Configure(orleans, silo, database!));
        }

        return null;
    }

    private static void Configure(ISiloBuilder orleans, SiloOptions silo, GatewayOptions options, string? database)
    {
        if (database is null)
        {
            // A silo that is alone: there is nothing to agree on, and nobody to reach it.
            orleans.UseLocalhostClustering(silo.Port, silo.GatewayPort, serviceId: silo.Cluster, clusterId: silo.Cluster);
        }
        else
        {
            orleans.ConfigureEndpoints(silo.Address, silo.Port, silo.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(silo.Address));
            orleans.Services.AddSingleton(MembershipDatabase.Of(database));
            orleans.Services.AddSingleton<IMembershipTable, PostgresMembershipTable>();
        }

        orleans.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (silo.Cluster, silo.Cluster));

        // A silo that is gone is found out in about as long as its lock in PostgreSQL holds: until both are, its sessions are nobody's. One that has gone silent with its connections open
        // is believed to be alive for as many of the longest probes as may be missed.
        orleans.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
            membership.NumMissedProbesLimit = 3;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        });
        orleans.AddCallTraces();
        orleans.AddSessions(options.Sessions);
        if (silo.Dashboard != DashboardAccess.Off)
        {
            orleans.AddDashboard();
        }
    }

    private static void Configure(IClientBuilder orleans, SiloOptions silo, string database)
    {
        orleans.Services.AddSingleton(MembershipDatabase.Of(database));
        orleans.Services.AddSingleton<IGatewayListProvider, PostgresGateways>();
        orleans.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (silo.Cluster, silo.Cluster));
        orleans.Configure<Orleans.Configuration.GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
        orleans.UseConnectionRetryFilter<SilosToCome>();
        orleans.AddCallTraces();
        orleans.AddSessions();
    }

    private static StoredSessionHost HereOf(IServiceProvider provider) => new(
        provider.GetRequiredService<IEngine>(),
        provider.GetRequiredService<Core.Sessions.SessionLimits>(),
        provider.GetRequiredService<Pulse>(),
        provider.GetRequiredService<ITurnObserver>(),
        provider.GetRequiredService<SessionJournal>(),
        callerLimits: provider.GetService<CallerLimits>(),
        isPlaced: true);
}
