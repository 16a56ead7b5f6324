using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Log;

/// <summary>What a reader wants to be woken for.</summary>
public enum ReadInterest : byte
{
    EveryEvent,

    /// <summary>Only the end; the events before it are read then.</summary>
    TheEnd,
}

/// <summary>Why <see cref="ITurnReader.WaitAsync"/> returned.</summary>
public enum ReadSignal : byte
{
    /// <summary>There are events to read.</summary>
    Events,

    /// <summary><see cref="ITurnReader.Wake"/> was called.</summary>
    Woken,

    /// <summary>The last event has been read.</summary>
    Ended,

    /// <summary>All there is here has been read, and the turn goes on elsewhere: it is found again by its cursor.</summary>
    Moved,
}

/// <summary>
/// Follows one turn's log from a cursor: every event once, in order, and a <see cref="TurnEventKind.Gap"/> where the log no longer has what comes next.
/// For one consumer. Disposing it is leaving; it does not end the turn.
/// </summary>
public interface ITurnReader : IAsyncDisposable
{
    SessionId Session { get; }

    TurnId Turn { get; }

    /// <summary>How the turn ended, once that is known, however far this reader has come; null until then.</summary>
    TurnEnd? End { get; }

    /// <summary>Fills <paramref name="events"/> with what is ready and moves the cursor behind it. Returns how many; 0 when there are none.</summary>
    int Read(Span<TurnEvent> events);

    /// <summary>
    /// Waits until there is something to do. The continuation runs on the thread of whoever appended: it must not block.
    /// </summary>
    ValueTask<ReadSignal> WaitAsync(CancellationToken cancellationToken);

    /// <summary>Ends the wait that is under way, or the next one. Callable from any thread.</summary>
    void Wake();
}
