using Microsoft.Extensions.DependencyInjection.Extensions;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Observability;
using Sluice.Core.Storage;
using Sluice.Storage.Sqlite;

namespace Sluice.Api.Hosting;

/// <summary>The store behind the sessions, if there is to be one.</summary>
internal static class StorageServices
{
    /// <summary>Before the sessions. What cannot be used is found when the gateway starts, before it listens.</summary>
    public static void AddStorage(this WebApplicationBuilder builder, StorageOptions options, ReplicaOptions replicas)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        if (replicas.Host == HostKind.Replicas)
        {
            services.AddPostgres(replicas);
        }
        else if (DirectoryOf(options, builder.Environment) is { } directory)
        {
            services.AddSqlite(directory);
        }
        else
        {
            services.AddHostedService<MemoryNotice>();
            return;
        }

        services.AddSingleton<IStorageObserver, StorageObserver>();
        services.AddSingleton(provider => new SessionJournal(
            provider.GetRequiredService<ISessionStore>(), provider.GetRequiredService<TimeProvider>(), options.EndPatience));
        services.AddHostedService<StorageUpkeep>();
    }

    private static void AddPostgres(this IServiceCollection services, ReplicaOptions replicas)
    {
        services.AddSingleton(replicas);
        services.AddSingleton(new StorePlace(replicas.Where));
        services.AddSingleton<SharedStore>();
        services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<SharedStore>().Opened);
        services.AddSingleton<IReadiness, StoreInReach>();
    }

    private static void AddSqlite(this IServiceCollection services, string directory)
    {
        // In the order in which they are closed: the store before the lock of its directory is given up.
        services.AddSingleton(_ => DataDirectory.Open(directory));
        services.AddSingleton(provider => new StorePlace(provider.GetRequiredService<DataDirectory>().Path));
        services.AddSingleton<ISessionStore>(provider => SqliteSessionStore.Open(
            new SqliteOptions { Path = provider.GetRequiredService<DataDirectory>().Database },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IStorageObserver>()));
    }

    /// <summary>Null: nothing is stored in files.</summary>
    public static string? DirectoryOf(StorageOptions options, IHostEnvironment environment) => options.Data switch
    {
        StorageOptions.Memory => null,
        { } said => said,

        // Nobody asked for it: a file system that cannot be written to is no reason not to start.
        null => environment.IsDevelopment() && IsWritable(Directory.GetCurrentDirectory()) ? StorageOptions.DevelopmentDirectory : null,
    };

    private static bool IsWritable(string directory)
    {
        try
        {
            using var probe = new FileStream(
                Path.Combine(directory, $".sluice-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

/// <summary>Where sessions are stored, for a person.</summary>
internal sealed record StorePlace(string Description);
