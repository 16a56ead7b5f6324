using Sluice.Api.Configuration;

namespace Sluice.Api.Hosting;

/// <summary>Something that finishes what it has begun before the process ends.</summary>
internal interface IDrained
{
    /// <summary>Takes nothing new and returns when all is done; what is left when the token is cancelled is cut off.</summary>
    Task DrainAsync(CancellationToken cancellationToken);
}

/// <summary>
/// The order of stopping: not ready, so that no new request is sent here; then the turns, while Kestrel still serves their readers; then Kestrel;
/// then the telemetry of it all.
/// </summary>
internal sealed class Shutdown(IEnumerable<IDrained> drained, HostingOptions options, TimeProvider time) : IHostedLifecycleService, IReadinessCheck
{
    // For Kestrel to end its connections after the turns have ended, and for the last spans.
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1.5);

    private volatile bool _stopping;

    public Readiness Check() => new("lifetime", _stopping ? "The gateway is stopping." : null);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        using var deadline = new CancellationTokenSource(options.ShutdownTimeout - Reserve, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await Task.WhenAll(drained.Select(each => each.DrainAsync(either.Token)));
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

internal static class ShutdownServices
{
    public static void AddShutdown(this IServiceCollection services, HostingOptions options)
    {
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        services.AddSingleton(options);
        services.AddSingleton<Shutdown>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<Shutdown>());
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<Shutdown>());
    }
}
