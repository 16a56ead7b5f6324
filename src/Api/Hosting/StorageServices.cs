using Microsoft.Extensions.DependencyInjection.Extensions;
using Sluice.Api.Configuration;
using Sluice.Api.Observability;
using Sluice.Core.Storage;
using Sluice.Storage.Sqlite;

namespace Sluice.Api.Hosting;

/// <summary>The store behind the sessions, if there is to be one.</summary>
internal static class StorageServices
{
    /// <summary>Before the sessions. What cannot be used is found when the gateway starts, before it listens.</summary>
    public static void AddStorage(this WebApplicationBuilder builder, StorageOptions options)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        if (DirectoryOf(options, builder.Environment) is not { } directory)
        {
            services.AddHostedService<MemoryNotice>();
            return;
        }

        // In the order in which they are closed: the store before the lock of its directory is given up.
        services.AddSingleton(_ => DataDirectory.Open(directory));
        services.AddSingleton<IStorageObserver, StorageObserver>();
        services.AddSingleton(provider => SqliteSessionStore.Open(
            new SqliteOptions { Path = provider.GetRequiredService<DataDirectory>().Database },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IStorageObserver>()));
        services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<SqliteSessionStore>());
        services.AddSingleton(provider => new SessionJournal(
            provider.GetRequiredService<ISessionStore>(), provider.GetRequiredService<TimeProvider>(), options.EndPatience));
        services.AddHostedService<StorageUpkeep>();
    }

    private static string? DirectoryOf(StorageOptions options, IHostEnvironment environment) => options.Data switch
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
