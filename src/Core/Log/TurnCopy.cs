using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Log;

/// <summary>
/// The log of a turn that runs in another process, as far as it has come here: filled with what a reader there reads, and read here by any number, within the same bounds.
/// </summary>
/// <param name="session">Its session.</param>
/// <param name="turn">Which.</param>
/// <param name="limits">Bounds of the log.</param>
public sealed class TurnCopy(SessionId session, TurnId turn, SessionLimits limits)
{
    private readonly TurnLog _log = new(limits.LogEvents, limits.LogBytes);

    /// <summary>Sequence of the newest event here: what the other process is to send begins behind it.</summary>
    public long LastSequence => _log.LastSequence;

    /// <summary>Null until the end has come here.</summary>
    public TurnEnd? End => _log.End;

    public bool HasReaders => _log.HasReaders;

    /// <summary>Appends what a reader read there, and wakes the readers here, on this thread. What is here already is passed over.</summary>
    /// <returns>False: something before it is missing; what could be appended was.</returns>
    public bool TryAppend(ReadOnlySpan<TurnEvent> events)
    {
        var isWhole = true;
        foreach (ref readonly var next in events)
        {
            isWhole = isWhole && _log.TryAppend(next);
        }

        _log.Publish();
        return isWhole;
    }

    /// <summary>The turn is not known any more where it ran: its readers are told this end.</summary>
    public void Complete(TurnEnd end)
    {
        _log.Complete(end);
        _log.Publish();
    }

    /// <summary>Nothing comes here any more: readers find the turn elsewhere by their cursor.</summary>
    public void Move() => _log.Move();

    /// <summary>Opens a reader behind <paramref name="cursor"/> (a sequence; 0 is the beginning). One beyond what is here waits for what comes after it.</summary>
    public ITurnReader Open(long cursor, ReadInterest interest) => _log.Open(session, turn, cursor, interest);
}
