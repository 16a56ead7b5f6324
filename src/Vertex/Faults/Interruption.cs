using Sluice.Core.Engines;

namespace Sluice.Vertex.Faults;

/// <summary>What is said of a turn that one process began and another may have to end.</summary>
internal static class Interruption
{
    /// <param name="hasStarted">The engine had begun it.</param>
    /// <param name="finding">For a person: what is known of it, a sentence; null: that is still to be found out.</param>
    public static EngineFault Of(bool hasStarted, string? finding = null)
    {
        const string Cause = "The gateway that ran the turn stopped before its end.";
        return new(FaultKind.Interrupted, finding is null ? Cause : $"{Cause} {finding}") { Started = hasStarted };
    }

    /// <summary>The engine was not called, for the turn may be another process's by now.</summary>
    /// <param name="mayHaveStarted">It was called before for the same turn, with an end that nobody knows.</param>
    public static EngineFault LetGo(bool mayHaveStarted) =>
        new(FaultKind.Interrupted, "The turn was given up: another gateway may have taken it over.") { NeverStarted = !mayHaveStarted };
}
