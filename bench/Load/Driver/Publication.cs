using System.Diagnostics;

namespace Sluice.Bench.Driver;

/// <summary>A project published the way it is deployed: Release, ReadyToRun, on the shared framework.</summary>
internal static class Publication
{
    private const string Gateway = "sluice";

    public static string Publish(string root, string project, string name)
    {
        var output = Path.Combine(root, "artifacts", "bench", name);
        if (Directory.Exists(output))
        {
            Directory.Delete(output, recursive: true);
        }

        string[] command = ["publish", Path.Combine(root, project), "-c", "Release", "-r", "linux-x64", "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", output, "-v", "quiet", "--nologo"];
        Console.WriteLine($"Publishing {project}");
        using var publish = Process.Start("dotnet", command);
        publish.WaitForExit();
        return publish.ExitCode == 0 ? output : throw new InvalidOperationException($"Publishing {project} failed.");
    }

    /// <summary>The command that starts what was published in <paramref name="directory"/>.</summary>
    public static string[] Command(string directory)
    {
        const string Suffix = ".runtimeconfig.json";
        // The gateway brings the emulator along, which could be started by itself as well.
        string[] programs = [.. Directory.GetFiles(directory, "*" + Suffix).Select(file => file[..^Suffix.Length])];
        var program = programs.FirstOrDefault(path => Path.GetFileName(path) == Gateway)
            ?? (programs.Length == 1 ? programs[0] : throw new InvalidOperationException($"{directory} holds no published application, or more than one."));
        return File.Exists(program) ? [program] : ["dotnet", program + ".dll"];
    }
}
