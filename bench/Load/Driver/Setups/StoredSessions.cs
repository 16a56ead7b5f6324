namespace Sluice.Bench.Driver.Setups;

/// <summary>What an idle session with one turn takes: of the gateways' memory, and of what they store it in.</summary>
internal static class StoredSessions
{
    public const string Name = HomeLoads.Prefix + "sessions";

    public const string MemoryPerSession = "memory KB/session";
    public const string StoredPerSession = "stored KB/session";
    public const string PerGigabyteOfMemory = "sessions/GB of memory";
    public const string PerGigabyteStored = "sessions/GB stored";

    private const double Gigabyte = 1024 * 1024;

    public static IEnumerable<SingleFigure> Measure(Setup setup, RunningTarget target, DatabaseServer database, IReadOnlyList<string> headers)
    {
        long StoredBytes() => database.SizeOf(setup.Name) + new DirectoryInfo(target.Directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

        long before = 0;
        var figures = IdleSessions.Measure(target, headers, between: () => before = StoredBytes()).ToList();
        var memory = figures.Find(figure => figure.Figure == IdleSessions.Figure.Name)!.Value;
        var stored = (StoredBytes() - before) / 1024.0 / IdleSessions.Counted;
        yield return new SingleFigure(Name, target.Name, 1, MemoryPerSession, memory);
        yield return new SingleFigure(Name, target.Name, 1, StoredPerSession, stored);
        yield return new SingleFigure(Name, target.Name, 1, PerGigabyteOfMemory, memory > 0 ? Gigabyte / memory : 0);
        yield return new SingleFigure(Name, target.Name, 1, PerGigabyteStored, stored > 0 ? Gigabyte / stored : 0);
        yield return new SingleFigure(Name, target.Name, 1, LoadScenario.Wrong, figures.Find(figure => figure.Figure == LoadScenario.Wrong)!.Value);
    }
}
