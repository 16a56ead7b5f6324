using System.Diagnostics;
using System.Globalization;

namespace Sluice.ProcessesKit.Clusters;

/// <summary>
/// A shell that outlives the tests by a moment: it is told of every process and folder they make, and when its input ends, because they have or because they were killed, it
/// kills what still runs and removes what is still there.
/// </summary>
internal static class Keeper
{
    // A number may have been given to another process since; that one is not a program of ours.
    private const string Script = """
        while read -r what; do all="$all $what"; done
        for what in $all; do case "$what" in /*) ;; *) grep -qsi sluice "/proc/$what/cmdline" && kill -9 "$what" ;; esac; done
        for what in $all; do case "$what" in /*) rm -rf "$what" ;; esac; done
        """;

    private static readonly Process Shell = Start();

    public static void Keep(int process) => Tell(process.ToString(CultureInfo.InvariantCulture));

    /// <summary>A new folder for temporary files.</summary>
    public static string MakeDirectory()
    {
        var directory = Directory.CreateTempSubdirectory("sluice-processes-").FullName;
        Tell(directory);
        return directory;
    }

    private static void Tell(string what)
    {
        lock (Shell)
        {
            Shell.StandardInput.WriteLine(what);
            Shell.StandardInput.Flush();
        }
    }

    private static Process Start()
    {
        var start = new ProcessStartInfo("sh", ["-c", Script]) { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = "/" };
        return Process.Start(start)!;
    }
}
