using System.Globalization;

namespace Sluice.Faults.Tests.Matrix;

/// <summary>What came out of a turn.</summary>
/// <param name="State">"answer", or the state in which the turn ended.</param>
/// <param name="Status">HTTP status; 200 for an answer, and for a stream that had begun.</param>
/// <param name="Code">Of the problem, or of the error event; empty for an answer.</param>
/// <param name="Calls">How often the engine was called for it.</param>
/// <param name="TurnsRun">How often its agent was started.</param>
internal sealed record Outcome(string State, int Status, string Code, int Calls, long TurnsRun)
{
    public static Outcome? Parse(string text)
    {
        if (text == "-")
        {
            return null;
        }

        var words = text.Split(' ');
        var counts = words[^1].Split('/').Select(count => int.Parse(count, CultureInfo.InvariantCulture)).ToList();
        return words[0] == "answer"
            ? new Outcome("answer", 200, "", counts[0], counts[1])
            : new Outcome(words[0], int.Parse(words[1], CultureInfo.InvariantCulture), words[2], counts[0], counts[1]);
    }

    public override string ToString() => Code.Length == 0 ? $"{State} {Calls}/{TurnsRun}" : $"{State} {Status} {Code} {Calls}/{TurnsRun}";
}
