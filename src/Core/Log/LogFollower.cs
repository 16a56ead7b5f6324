namespace Sluice.Core.Log;

/// <summary>How far one that writes a log down has come. Not a reader: nobody is there to be told of the end.</summary>
/// <param name="Position">Behind the event of <paramref name="Sequence"/>; nowhere, before the first.</param>
/// <param name="Sequence">The last event taken; 1 is the start, which is in every log.</param>
internal readonly record struct LogFollower(LogPosition Position, long Sequence)
{
    public static LogFollower AtStart { get; } = new(default, 1);
}
