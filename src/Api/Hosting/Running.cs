using Sluice.Core.Storage;

namespace Sluice.Api.Hosting;

/// <summary>Runs until told to stop.</summary>
internal static class Running
{
    /// <summary>Returns the exit code. That the address is taken, or the data directory, is the operator's to mend, not a defect to dump a stack for.</summary>
    public static async Task<int> RunToEndAsync(this WebApplication app, TextWriter error, Action<WebApplication> map)
    {
        await using (app)
        {
            try
            {
                // What the routes need is made here, the store of the sessions included.
                map(app);
                await app.StartAsync();
            }
            catch (Exception cannotStart) when (cannotStart is IOException or StorageUnavailableException)
            {
                await error.WriteLineAsync($"sluice: {cannotStart.Message}");
                return Start.Refused;
            }

            await app.WaitForShutdownAsync();
            return Start.Success;
        }
    }
}
