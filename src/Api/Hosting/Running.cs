using Sluice.Core.Storage;

namespace Sluice.Api.Hosting;

/// <summary>Runs until told to stop.</summary>
internal static class Running
{
    /// <summary>How long closing what is left may take: a store that does not answer must not keep the process. What it has acknowledged is stored already.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Returns the exit code. That the address is taken, or the data directory, or that the database refuses, is the operator's to mend, not a defect to dump a stack for.
    /// </summary>
    public static async Task<int> RunToEndAsync(this WebApplication app, TextWriter error, Action<WebApplication> map)
    {
        try
        {
            return await RunAsync(app, error, map);
        }
        finally
        {
            await CloseAsync(app);
        }
    }

    private static async Task<int> RunAsync(WebApplication app, TextWriter error, Action<WebApplication> map)
    {
        try
        {
            if (app.Services.GetService<SharedStore>() is { } shared)
            {
                await shared.OpenAsync(CancellationToken.None);
            }

            // What the routes need is made here, the store of the sessions included.
            map(app);
            await app.StartAsync();
        }
        catch (Exception cannotStart) when (cannotStart is IOException or StorageUnavailableException)
        {
            await error.WriteLineAsync($"sluice: {cannotStart.Message}");
            return Start.Refused;
        }

        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop before it had started.
            return Start.Success;
        }

        await app.WaitForShutdownAsync();
        return Start.Success;
    }

    private static async Task CloseAsync(WebApplication app)
    {
        try
        {
            await app.DisposeAsync().AsTask().WaitAsync(ClosingTime);
        }
        catch (TimeoutException)
        {
            // The process ends all the same.
        }
    }
}
