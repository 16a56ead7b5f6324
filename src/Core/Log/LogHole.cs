namespace Sluice.Core.Log;

/// <summary>
/// Numbers that no event of a log has, left out because readers elsewhere may have been shown events under them that nobody knows any more.
/// </summary>
/// <param name="After">The last number before it.</param>
/// <param name="To">Its last number.</param>
internal sealed record LogHole(long After, long To)
{
    /// <summary>More than one process can show readers before it has written any of it down.</summary>
    private const long Leap = 1_000_000;

    public static LogHole Behind(long sequence) => new(sequence, sequence + Leap);

    public long Size => To - After;
}
