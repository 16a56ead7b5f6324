using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>Writes one turn's events for one client, in the words of a protocol. What is written waits for a flush.</summary>
internal interface IEventWriter
{
    /// <summary>Bytes written since the last flush. Not 0 while the head waits for one.</summary>
    int Unflushed { get; }

    /// <summary>First of all, once.</summary>
    /// <param name="origin">Of a turn that has ended already: one gone back to, or one whose answer was there all at once. Else null.</param>
    void Head(ServedBy? origin);

    void Started();

    /// <summary>Left out when it has nothing for this client.</summary>
    void Delta(in TurnEvent delta);

    /// <param name="from">The first sequence that is gone.</param>
    /// <param name="to">The last.</param>
    void Gap(long from, long to);

    /// <summary>Last of all, unless the turn moves.</summary>
    void Ended(long sequence, TurnEnd end);

    /// <summary>Last of all, when the turn goes on elsewhere.</summary>
    /// <param name="cursor">The last event written.</param>
    void Moved(in Cursor cursor);

    /// <summary>Breaks a silence.</summary>
    void Heartbeat();

    ValueTask FlushAsync(CancellationToken cancellationToken);
}
