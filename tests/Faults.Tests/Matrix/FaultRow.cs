namespace Sluice.Faults.Tests.Matrix;

/// <summary>A line of the matrix.</summary>
/// <param name="Name">As it is written there.</param>
/// <param name="Fault">The script of the turn's call; empty when nothing is wrong with it.</param>
/// <param name="IsTool">The agent calls a tool.</param>
/// <param name="Beside">What goes wrong with another call, by verb or class method; null: nothing.</param>
/// <param name="Query">Outcome of <c>:query</c>; null: no such case.</param>
/// <param name="Stream">Outcome of a plain <c>:streamQuery</c>.</param>
/// <param name="Adk">Outcome of an ADK application.</param>
internal sealed record FaultRow(string Name, string Fault, bool IsTool, (string Call, string Fault)? Beside, Outcome? Query, Outcome? Stream, Outcome? Adk)
{
    private const string Tool = "time: ";

    /// <summary>Something has been sent to the caller when it happens.</summary>
    public bool IsMidStream => Fault.Contains("after=1", StringComparison.Ordinal) || Fault.Contains("after=2", StringComparison.Ordinal)
        || Fault.Contains("after=3", StringComparison.Ordinal) || Fault.StartsWith("fault=cap", StringComparison.Ordinal)
        || Fault.StartsWith("fault=late-error", StringComparison.Ordinal);

    public static FaultRow Parse(string line)
    {
        var cells = line.Split('|', StringSplitOptions.TrimEntries);
        cells.Length.ShouldBe(4, line);
        for (var i = 2; i < cells.Length; i++)
        {
            if (cells[i] == "=")
            {
                cells[i] = cells[i - 1];
            }
        }

        var parts = cells[0].Split(" + ");
        var isTool = parts[0].StartsWith(Tool, StringComparison.Ordinal);
        var beside = parts.Length > 1 ? parts[1].Split(": ") : null;
        return new FaultRow(
            cells[0],
            Script(isTool ? parts[0][Tool.Length..] : parts[0]),
            isTool,
            beside is null ? null : (beside[0], Script(beside[1])),
            Outcome.Parse(cells[1]),
            Outcome.Parse(cells[2]),
            Outcome.Parse(cells[3]));
    }

    private static string Script(string fault) => fault == "none" ? "" : $"fault={fault}";
}
