using Sluice.Core.Log;

namespace Sluice.Core.Storage;

/// <summary>Makes a log to read of what is kept of a turn that has ended.</summary>
internal static class StoredLog
{
    private const long FirstDelta = 2;

    /// <param name="turn">It has ended.</param>
    /// <param name="cursor">Nothing up to here will be read.</param>
    /// <param name="batches">Those with something behind the cursor, in order.</param>
    /// <exception cref="StorageUnavailableException">A batch is not what was written.</exception>
    public static TurnLog Of(StoredTurn turn, long cursor, IReadOnlyList<StoredEvents> batches)
    {
        var end = turn.End ?? throw new ArgumentException("The turn has no end.", nameof(turn));
        LogSegment? newest = null;
        LogPosition start = default;

        // With nothing behind the cursor but the end, a reader is to find no gap before it.
        var firstRetained = Math.Clamp(cursor + 1, FirstDelta, turn.LastSequence);
        var next = firstRetained;
        var bytes = 0;
        foreach (var batch in batches)
        {
            var segment = LogSegment.Of(batch.Bytes.ToArray());
            if (!segment.Holds(batch.Count) || batch.Last >= turn.LastSequence)
            {
                throw new StorageUnavailableException(StorageFault.Corrupt, $"The events of turn {turn.Turn} from {batch.First} on are damaged.");
            }

            if (newest is null || batch.First > next)
            {
                // What is missing in between is told as if all before it were gone.
                (newest, start, firstRetained, bytes) = (segment, new LogPosition(segment), batch.First, segment.Used);
            }
            else if (batch.Last >= next)
            {
                // Begins earlier when it was written again, after an answer of the store was lost.
                newest = newest.Link(Behind(segment, next - batch.First));
                bytes += newest.Used;
            }

            next = batch.Last + 1;
        }

        return next < turn.LastSequence
            ? new TurnLog(new SealedLog(default, turn.LastSequence, turn.LastSequence, Bytes: 0), end)
            : new TurnLog(new SealedLog(start, firstRetained, turn.LastSequence, bytes), end);
    }

    private static LogSegment Behind(LogSegment segment, long events)
    {
        var position = new LogPosition(segment);
        for (; events > 0; events--)
        {
            position.Next();
        }

        var rest = new byte[position.BytesToEnd()];
        position.CopyToEnd(rest);
        return LogSegment.Of(rest);
    }
}
