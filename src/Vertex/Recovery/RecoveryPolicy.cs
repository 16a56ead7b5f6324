using System.ComponentModel.DataAnnotations;

namespace Sluice.Vertex.Recovery;

/// <summary>How hard an engine's own record is searched for a turn whose answer did not arrive whole. Each option states its default, unit, bounds and reason.</summary>
public sealed record RecoveryPolicy
{
    /// <summary>How often a turn's record is read at most, however long <see cref="Patience"/> is.</summary>
    internal const int MostLooks = 16;

    /// <summary>
    /// How long to go on looking. Default 20 s, up to 10 min: events appear late, and an engine may work on after its connection broke; but a caller is waiting.
    /// Zero: not at all, and such a turn ends as <c>unknown</c> at once.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long nothing may come behind a final response until it counts as the end. Default 2 s, 100 ms to 1 min: agents that work one after the other have a
    /// final response each, so longer than the pause between two of them.
    /// </summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Reads under way at a time for one engine and region. Default 4, 1 to 256: many streams break together, and reads have a quota. Others wait within their patience.</summary>
    public int ReadsAtOnce { get; init; } = 4;

    /// <exception cref="ValidationException">An option is out of its bounds; the message names it.</exception>
    public void Validate()
    {
        Require(Patience >= TimeSpan.Zero && Patience <= TimeSpan.FromMinutes(10), nameof(Patience), "from zero to ten minutes");
        Require(Quiet >= TimeSpan.FromMilliseconds(100) && Quiet <= TimeSpan.FromMinutes(1), nameof(Quiet), "from 100 ms to a minute");
        Require(ReadsAtOnce is >= 1 and <= 256, nameof(ReadsAtOnce), "1 to 256");
    }

    private static void Require(bool holds, string name, string form)
    {
        if (!holds)
        {
            throw new ValidationException($"Recovery.{name} must be {form}.");
        }
    }
}
