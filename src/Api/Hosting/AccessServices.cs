using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Identity;
using Sluice.Api.Observability;
using Sluice.Core.Audit;
using Sluice.Core.Keys;
using Sluice.Storage.Files;
using Sluice.Storage.Postgres;
using Sluice.Storage.Sqlite;

namespace Sluice.Api.Hosting;

/// <summary>Who may call, and the record of who did.</summary>
internal static class AccessServices
{
    /// <summary>Behind the storage, in whose place keys and records lie; before the HTTP surface, which else tells no callers apart.</summary>
    public static void AddAccess(this WebApplicationBuilder builder, GatewayOptions options)
    {
        var services = builder.Services;
        services.AddSingleton(options.Auth);
        if (!options.Auth.IsRequired)
        {
            services.AddHostedService<OpenNotice>();
            return;
        }

        services.AddSingleton<ICallers, IdentifiedCallers>();
        services.AddSingleton(options.Audit);
        services.AddSingleton<Identifier>();
        services.AddSingleton(provider => new IdentityTokens(options.Auth.Tokens, provider.GetRequiredService<SigningKeys>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => KeysOf(options.Auth.Tokens, provider));
        AddStores(builder, options);
        services.AddSingleton(provider => new KnownKeys(options.Auth.Keys, provider.GetService<IKeyStore>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<KeyUpkeep>();
        if (options.Audit.Extent != AuditExtent.Off)
        {
            services.AddSingleton<IAuditObserver, AuditObserver>();
            services.AddSingleton(provider => new AuditTrail(
                provider.GetRequiredService<IAuditStore>(), options.Audit.Waiting, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IAuditObserver>()));
            services.AddHostedService<AuditUpkeep>();
        }
    }

    private static void AddStores(WebApplicationBuilder builder, GatewayOptions options)
    {
        var services = builder.Services;
        if (options.Replicas.Host == HostKind.Replicas)
        {
            services.AddSingleton(provider => provider.GetRequiredService<SharedStore>().Access);
            services.AddSingleton(provider => provider.GetRequiredService<PostgresAccess>().Keys);
            services.AddSingleton(provider => provider.GetRequiredService<PostgresAccess>().NewAuditChain("gateway", options.Audit.Bytes));
        }
        else if (StorageServices.DirectoryOf(options.Storage, builder.Environment) is not null)
        {
            services.AddSingleton<IKeyStore>(provider =>
                SqliteKeyStore.Open(DataDirectory.KeysIn(provider.GetRequiredService<DataDirectory>().Path), provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IAuditStore>(provider =>
                new AuditFiles(DataDirectory.AuditIn(provider.GetRequiredService<DataDirectory>().Path), "gateway", options.Audit.Bytes));
        }
        else
        {
            services.AddSingleton<IAuditStore>(provider => new AuditLog(
                Console.Out, options.Logging, provider.GetRequiredService<ILogger<AuditLog>>(), provider.GetRequiredService<TimeProvider>()));
        }
    }

    private static SigningKeys KeysOf(TokenOptions options, IServiceProvider provider)
    {
        var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            ActivityHeadersPropagator = null,
        });
        return new SigningKeys(http, options.Keys, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SigningKeys>>());
    }
}
