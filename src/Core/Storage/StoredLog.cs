using Sluice.Core.Log;

namespace Sluice.Core.Storage;

/// <summary>Makes a log of what is kept of a turn.</summary>
internal static class StoredLog
{
    /// <summary>The log of a turn that has ended, to be read.</summary>
    /// <param name="turn">It has ended.</param>
    /// <param name="batches">Those with something behind the cursor from which it is read, in order.</param>
    /// <exception cref="StorageUnavailableException">A batch is not what was written.</exception>
    public static TurnLog Of(StoredTurn turn, IReadOnlyList<StoredEvents> batches)
    {
        var end = turn.End ?? throw new ArgumentException("The turn has no end.", nameof(turn));
        var log = new TurnLog(int.MaxValue, int.MaxValue);
        Fill(log, turn, batches, before: turn.LastSequence);
        log.Complete(end, turn.LastSequence);
        return log;
    }

    /// <summary>Appends what is kept to a log that goes on.</summary>
    /// <exception cref="StorageUnavailableException">A batch is not what was written.</exception>
    public static void Fill(TurnLog log, StoredTurn turn, IReadOnlyList<StoredEvents> batches, long before = long.MaxValue)
    {
        foreach (var batch in batches)
        {
            if (batch.Last >= before || !log.TryAppend(batch))
            {
                throw new StorageUnavailableException(StorageFault.Corrupt, $"The events of turn {turn.Turn} from {batch.First} on are damaged.");
            }
        }
    }
}
