using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>For those who read a turn only when it has ended.</summary>
internal static class TurnEnds
{
    /// <returns>How it ended, its events ready to be read; null when it goes on elsewhere.</returns>
    public static async ValueTask<TurnEnd?> EndAsync(this ITurnReader reader, CancellationToken cancellationToken)
    {
        while (await reader.WaitAsync(cancellationToken) == ReadSignal.Woken)
        {
            // Nobody wakes this reader; the contract allows it.
        }

        return reader.End;
    }
}
