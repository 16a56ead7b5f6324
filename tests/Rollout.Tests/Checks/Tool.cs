using System.Diagnostics;

namespace Sluice.Rollout.Tests.Checks;

/// <summary>Programs that check what is written here.</summary>
internal static class Tool
{
    /// <summary>Runs one at the root of the checkout, to its end.</summary>
    /// <returns>Its exit code, and what it printed to either place.</returns>
    public static async Task<(int Code, string Output)> RunAsync(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments)
        {
            WorkingDirectory = Repository.Combine(),
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return (process.ExitCode, await output + await error);
    }
}
