using System.Diagnostics;

namespace Sluice.TestKit;

/// <summary>
/// A fact that runs an official client with node, from <c>tests/clients</c>. Where its packages are not installed it is skipped and says so;
/// in continuous integration (<c>CI=true</c>) it runs and fails, because there a skipped client is a hole.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute(string package)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true" || Directory.Exists(Path.Combine(Clients, "node_modules", package))) return;
        Skip = $"{package} is not installed: run 'npm ci' in tests/clients.";
    }

    /// <summary>The folder of the clients, found from the folder of the solution file.</summary>
    public static string Clients
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Orleans.sln"))) folder = folder.Parent;
            return Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("Orleans.sln is in no folder above the tests."), "tests", "clients");
        }
    }

    /// <summary>Runs a script of that folder to its end and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it printed.</exception>
    public static Task<string> RunAsync(string script, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken = default) =>
        RunAsync(script, environment, [], cancellationToken);

    /// <inheritdoc cref="RunAsync(string, IReadOnlyDictionary{string, string}, CancellationToken)"/>
    public static async Task<string> RunAsync(
        string script, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo("node", [script, .. arguments])
        {
            WorkingDirectory = Clients,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var node = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        try
        {
            var output = node.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = node.StandardError.ReadToEndAsync(cancellationToken);
            await node.WaitForExitAsync(cancellationToken);
            return node.ExitCode == 0 ? await output : throw new InvalidOperationException($"{script} exited with {node.ExitCode}:\n{await output}\n{await error}");
        }
        finally
        {
            if (!node.HasExited) node.Kill(entireProcessTree: true);
        }
    }
}
