using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.PostgresKit;

/// <summary>
/// Where this machine has PostgreSQL 15 or newer: in the folder that <c>SLUICE_TEST_POSTGRES_BIN</c> names, else the newest of Debian's
/// <c>/usr/lib/postgresql/*/bin</c>, else on the path.
/// </summary>
public static partial class PostgresBinaries
{
    private const int Oldest = 15;

    private static readonly string[] Needed = ["initdb", "postgres", "pg_ctl"];

    /// <summary>The folder of the binaries, or null.</summary>
    public static string? Folder { get; } = Candidates().FirstOrDefault(IsUsable);

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable("SLUICE_TEST_POSTGRES_BIN") is { Length: > 0 } named)
        {
            return [named];
        }

        const string debian = "/usr/lib/postgresql";
        var packaged = Directory.Exists(debian) ? Directory.EnumerateDirectories(debian) : [];
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return
        [
            .. packaged.OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin")),
            .. path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        ];
    }

    private static bool IsUsable(string folder) => Needed.All(name => File.Exists(Path.Combine(folder, name))) && VersionOf(folder) >= Oldest;

    private static int VersionOf(string folder)
    {
        var start = new ProcessStartInfo(Path.Combine(folder, "postgres"), "--version") { RedirectStandardOutput = true, UseShellExecute = false };
        using var postgres = Process.Start(start)!;
        var said = postgres.StandardOutput.ReadToEnd();
        postgres.WaitForExit();
        return Version().Match(said) is { Success: true } match ? int.Parse(match.ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"(?<=PostgreSQL\) )\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Version();
}
