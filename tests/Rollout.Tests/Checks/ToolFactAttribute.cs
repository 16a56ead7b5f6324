namespace Sluice.Rollout.Tests.Checks;

/// <summary>A fact that needs a program of the machine's. Where it is not installed it is skipped and says so; in continuous integration too only if it is optional there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string tool, bool optional = false)
    {
        var required = !optional && Environment.GetEnvironmentVariable("CI") == "true";
        if (!required && !IsInstalled(tool))
        {
            Skip = $"{tool} is not installed.";
        }
    }

    private static bool IsInstalled(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));
}
