namespace Sluice.Core.Engines;

/// <summary>What the calls of one process have shown of an engine that others ask as well.</summary>
/// <param name="Resource">Full name of the engine in its region, as it is asked there: what is configured under one name may be another in each process.</param>
/// <param name="TriedAgainIn">Its circuit is open, and lets a call through in so long; null: its circuit has closed, the engine answers.</param>
public readonly record struct CircuitReport(string Resource, TimeSpan? TriedAgainIn);

/// <summary>
/// What processes tell one another of the engines they ask, by way of the store they share. A report may be lost; a process that gets none does as one that is alone.
/// </summary>
public interface ICircuitReports
{
    /// <summary>Tells all the others. Does not wait.</summary>
    void Tell(CircuitReport report);

    /// <summary>Has what the others tell given to somebody, until disposed of. Given on the thread that listens: must be quick and must not throw.</summary>
    IDisposable Listen(Action<CircuitReport> heard);
}
