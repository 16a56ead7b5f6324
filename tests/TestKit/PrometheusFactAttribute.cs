using System.Diagnostics;

namespace Sluice.TestKit;

/// <summary>
/// A fact that asks Prometheus itself, from Debian's <c>prometheus</c>. Where that is not installed it is skipped and says so; in continuous integration (<c>CI=true</c>) it runs and
/// fails, because there it is installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrometheusFactAttribute : FactAttribute
{
    public PrometheusFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && (Find("prometheus") is null || Find("promtool") is null))
        {
            Skip = "prometheus and promtool are not on the path: install Debian's package prometheus.";
        }
    }

    /// <summary>Runs <c>promtool</c> to its end.</summary>
    /// <returns>What it exited with, and all it printed.</returns>
    public static async Task<(int ExitCode, string Said)> PromtoolAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("promtool", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var promtool = Process.Start(start) ?? throw new InvalidOperationException("promtool did not start.");
        var output = promtool.StandardOutput.ReadToEndAsync();
        var error = promtool.StandardError.ReadToEndAsync();
        await promtool.StandardInput.WriteAsync(input);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, await output + await error);
    }

    private static string? Find(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
}
