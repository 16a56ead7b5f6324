using System.Diagnostics;
using Sluice.PostgresKit;

namespace Sluice.ProcessesKit.Topology;

/// <summary>
/// A fact that starts the topology of <c>docker-compose.yml</c> with the programs of this machine. Where one is missing it is skipped and says which; in continuous
/// integration (<c>CI=true</c>) it runs and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TopologyFactAttribute : FactAttribute
{
    public TopologyFactAttribute() => Skip = Environment.GetEnvironmentVariable("CI") == "true" ? null : WhyNot();

    private static string? WhyNot() =>
        PostgresServer.WhyNot(own: true)
        ?? (File.Exists("/usr/sbin/nginx") ? null : "nginx is not installed.")
        ?? (HasYaml() ? null : "python3-yaml is not installed.");

    private static bool HasYaml()
    {
        if (!File.Exists("/usr/bin/python3"))
        {
            return false;
        }

        using var python = Process.Start("/usr/bin/python3", ["-c", "import importlib.util as u, sys; sys.exit(u.find_spec('yaml') is None)"]);
        python.WaitForExit();
        return python.ExitCode == 0;
    }
}
