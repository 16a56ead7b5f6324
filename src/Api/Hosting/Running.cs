namespace Sluice.Api.Hosting;

/// <summary>Runs until told to stop.</summary>
internal static class Running
{
    /// <summary>Returns the exit code. That the address is taken is the operator's to mend, not a defect to dump a stack for.</summary>
    public static async Task<int> RunToEndAsync(this WebApplication app, TextWriter error)
    {
        await using (app)
        {
            try
            {
                await app.StartAsync();
            }
            catch (IOException cannotListen)
            {
                await error.WriteLineAsync($"sluice: {cannotListen.Message}");
                return Start.Refused;
            }

            await app.WaitForShutdownAsync();
            return Start.Success;
        }
    }
}
