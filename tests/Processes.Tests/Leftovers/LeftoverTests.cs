using System.Diagnostics;
using Sluice.PostgresKit;
using Sluice.Processes.Tests.Scenarios;
using Sluice.ProcessesKit.Clusters;

namespace Sluice.Processes.Tests.Leftovers;

/// <summary>What tests start goes with them, however they end.</summary>
[Collection(Alone.Name)]
public sealed class LeftoverTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _temporary = Directory.CreateTempSubdirectory("sluice-leftovers-").FullName;

    public LeftoverTests()
    {
        if (!OperatingSystem.IsWindows())
        {
            // PostgreSQL runs as another user where these tests are root's.
            File.SetUnixFileMode(_temporary, (UnixFileMode)0b111_111_111);
        }
    }

    public void Dispose() => Directory.Delete(_temporary, recursive: true);

    [PostgresFact(own: true)]
    public async Task Nothing_is_left_of_a_run_that_was_killed()
    {
        var mark = $"{ChildProcess.Mark}={Guid.NewGuid():n}";
        using var run = Start(mark);
        try
        {
            (await run.StandardOutput.ReadLineAsync().WaitAsync(Patience)).ShouldBe(KilledRun.Ready);
            Marked(mark).Count().ShouldBeGreaterThan(5, "the run, the emulator, the gateway, PostgreSQL and what keeps them");
            Directory.EnumerateFileSystemEntries(_temporary).ShouldNotBeEmpty();
        }
        finally
        {
            run.Kill();
        }

        await run.WaitForExitAsync().WaitAsync(Patience);
        await NothingAsync(mark);
        Directory.EnumerateFileSystemEntries(_temporary).Where(path => !Path.GetFileName(path).StartsWith("clr-debug", StringComparison.Ordinal)
            && !Path.GetFileName(path).StartsWith("dotnet-diagnostic", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_left_of_a_cluster_that_was_disposed_of()
    {
        var mark = $"{ChildProcess.Mark}={ChildProcess.Run}";
        await using (await Cluster.EmbeddedAsync())
        {
            Marked(mark).Count().ShouldBe(2, "the emulator and the gateway");
        }

        Marked(mark).ShouldBeEmpty();
    }

    private Process Start(string mark)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(KilledRun).Assembly.Location]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["TMPDIR"] = _temporary;
        start.Environment[ChildProcess.Mark] = mark.Split('=')[1];
        return Process.Start(start)!;
    }

    // Those who clean up do so when they notice.
    private async Task NothingAsync(string mark)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (Marked(mark).ToList() is { Count: > 0 } left)
        {
            try
            {
                await look.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"Still there: {string.Join("; ", left)}", late);
            }
        }
    }

    /// <summary>Processes with that in their environment, which is handed down, or with this test's folder in their command, for PostgreSQL writes over its environment.</summary>
    private IEnumerable<string> Marked(string mark)
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string environment;
            string command;
            try
            {
                environment = File.ReadAllText(Path.Combine(directory, "environ"));
                command = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (environment.Split('\0').Contains(mark, StringComparer.Ordinal) || command.Contains(_temporary, StringComparison.Ordinal))
            {
                yield return $"{Path.GetFileName(directory)} {command}";
            }
        }
    }
}
