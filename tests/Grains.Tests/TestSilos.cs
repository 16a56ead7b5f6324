using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.TestingHost;
using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.TestKit;

namespace Sluice.Grains.Tests;

/// <summary>Three silos in this process that share a store, one engine and one clock.</summary>
internal sealed class TestSilos : IHostUnderTest
{
    private readonly InProcessTestCluster _cluster;

    private TestSilos(InProcessTestCluster cluster) => _cluster = cluster;

    /// <summary>The front end that the tests talk to, in the first silo.</summary>
    public ISessionHost Host => FrontOf(0);

    public IReadOnlyList<InProcessSiloHandle> All => _cluster.Silos;

    public static async Task<TestSilos> StartAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer)
    {
        var store = new SharedStore();
        var builder = new InProcessTestClusterBuilder(3);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSiloHost((_, host) => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureClient(client =>
        {
            AddHost(client.Services);
            client.AddSessions();
        });
        builder.ConfigureSilo((_, silo) =>
        {
            AddHost(silo.Services);
            silo.AddSessions(limits);
            silo.Configure<ClusterMembershipOptions>(membership => membership.ProbeTimeout = TimeSpan.FromSeconds(1));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestSilos(cluster);

        void AddHost(IServiceCollection services)
        {
            services.AddSingleton(limits).AddSingleton(observer);
            services.AddSingleton(_ => store.Join());
            services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<SharedStore.Node>());
            services.AddSingleton(_ => new Pulse(time));
            services.AddSingleton(provider => new StoredSessionHost(
                engine,
                limits,
                provider.GetRequiredService<Pulse>(),
                observer,
                new SessionJournal(provider.GetRequiredService<ISessionStore>(), time, patience: TimeSpan.FromSeconds(30)),
                isPlaced: true));
        }
    }

    /// <summary>A front end in a process that is no silo.</summary>
    public ISessionHost FrontEnd => _cluster.Client.ServiceProvider.GetRequiredService<ISessionHost>();

    public ISessionHost FrontOf(int silo) => ServicesOf(silo).GetRequiredService<ISessionHost>();

    public SharedStore.Node StoreOf(int silo) => ServicesOf(silo).GetRequiredService<SharedStore.Node>();

    public IServiceProvider ServicesOf(int silo) => _cluster.GetSiloServiceProvider(All[silo].SiloAddress);

    public Task DrainAsync(CancellationToken deadline) => Task.WhenAll(Enumerable.Range(0, All.Count).Select(silo => FrontOf(silo).DrainAsync(deadline)));

    /// <summary>A front end in one silo for sessions that are placed in another.</summary>
    public ISessionHost Across(int from, int to) => new Elsewhere(FrontOf(from), All[to].SiloAddress);

    public ISessionGrain GrainOf(SessionKey session) => ServicesOf(0).GetRequiredService<IGrainFactory>().GetGrain<ISessionGrain>(SessionName.Of(session));

    /// <summary>Has a session leave its silo for another.</summary>
    public Task MigrateAsync(SessionKey session, int to) => _cluster.MigrateAsync(GrainOf(session), All[to].SiloAddress);

    /// <summary>As when its process dies: what it wrote is all there is, and nobody else hears from it.</summary>
    public async Task KillAsync(int silo)
    {
        StoreOf(silo).Kill();
        await _cluster.KillSiloAsync(All[silo]);
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}
