namespace Sluice.Bench.Driver;

/// <summary>Where a run keeps things: logs and what is published under artifacts/bench, raw figures under bench/results.</summary>
internal sealed class BenchDirectory
{
    private int _runs;

    public BenchDirectory()
    {
        Root = Ancestors(Directory.GetCurrentDirectory()).Concat(Ancestors(AppContext.BaseDirectory)).FirstOrDefault(HoldsSolution)
            ?? throw new InvalidOperationException("Run the bench from within the repository.");
        Directory.CreateDirectory(Path.Combine(Artifacts, "log"));
        Directory.CreateDirectory(Path.Combine(Root, "bench", "results"));
        if (Directory.Exists(Path.Combine(Artifacts, "run")))
        {
            Directory.Delete(Path.Combine(Artifacts, "run"), recursive: true);
        }
    }

    public string Root { get; }

    private string Artifacts => Path.Combine(Root, "artifacts", "bench");

    public string Log(string name) => Path.Combine(Artifacts, "log", name + ".log");

    public string Results(DateTimeOffset time) => Path.Combine(Root, "bench", "results", $"{time.UtcDateTime:yyyyMMdd-HHmmss}.jsonl");

    /// <summary>An empty directory for one process to keep its state in.</summary>
    public string FreshRun(string name) => Directory.CreateDirectory(Path.Combine(Artifacts, "run", $"{name}-{++_runs}")).FullName;

    private static IEnumerable<string> Ancestors(string path)
    {
        for (DirectoryInfo? directory = new(path); directory is not null; directory = directory.Parent)
        {
            yield return directory.FullName;
        }
    }

    private static bool HoldsSolution(string directory) => File.Exists(Path.Combine(directory, "Orleans.sln"));
}
