namespace Sluice.Bench.Driver;

/// <summary>From starting the process to its first 200 on /_health, the files already in the page cache.</summary>
internal static class Startup
{
    public const string Name = "startup";

    private const int Starts = 7;

    public static readonly Figure Figure = new("first 200 ms", Comparison.Absolute, 500);

    public static IEnumerable<SingleFigure> Measure(IReadOnlyList<Target> targets, BenchDirectory directory, StubEngine engine, int core, Quiet quiet)
    {
        for (var round = 0; round <= Starts; round++)
        {
            foreach (var target in targets)
            {
                quiet.Await();
                using var running = target.Start(directory, engine, core);
                if (round > 0)
                {
                    yield return new SingleFigure(Name, target.Name, round, Figure.Name, running.Startup.TotalMilliseconds);
                }
            }
        }
    }
}
