using System.Diagnostics;

namespace Sluice.Bench.Driver;

/// <summary>A project published the way it is deployed: Release, ReadyToRun, on the shared framework.</summary>
internal static class Publication
{
    private const string Runtime = "linux-x64";

    /// <summary>Whether the packages that a project needs are to be had here.</summary>
    /// <exception cref="InvalidOperationException">Restoring fails for another reason.</exception>
    public static bool Restores(string root, string project, string configuration)
    {
        string[] command = ["restore", Path.Combine(root, project), $"-p:Configuration={configuration}", "-r", Runtime, "-p:PublishReadyToRun=true", "-v", "quiet"];
        using var restore = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = restore.StandardOutput.ReadToEnd();
        restore.WaitForExit();
        return restore.ExitCode == 0
            || (said.Contains("NU110", StringComparison.Ordinal) ? false : throw new InvalidOperationException($"Restoring {project} failed.\n{said}"));
    }

    public static string Publish(string root, string project, string name, string configuration = "Release")
    {
        var output = Path.Combine(root, "artifacts", "bench", name);
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        string[] command = ["publish", Path.Combine(root, project), "-c", configuration, "-r", Runtime, "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", output, "-v", "quiet", "--nologo"];
        Console.WriteLine($"Publishing {project}");
        using var publish = Process.Start("dotnet", command);
        publish.WaitForExit();
        return publish.ExitCode == 0 ? output : throw new InvalidOperationException($"Publishing {project} failed.");
    }

    /// <summary>The command that starts what was published in <paramref name="directory"/>; <paramref name="program"/> when it holds several.</summary>
    public static string[] Command(string directory, string program)
    {
        const string Suffix = ".runtimeconfig.json";
        string[] programs = [.. Directory.GetFiles(directory, "*" + Suffix).Select(file => file[..^Suffix.Length])];
        var chosen = programs.Length == 1 ? programs[0] : programs.FirstOrDefault(path => Path.GetFileName(path) == program)
            ?? throw new InvalidOperationException($"{directory} holds no published {program}.");
        return File.Exists(chosen) ? [chosen] : ["dotnet", chosen + ".dll"];
    }
}
