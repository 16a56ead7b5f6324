using Sluice.Bench.Sockets;

namespace Sluice.Bench.Engine;

/// <summary>
/// Wakes thousands of streams with one clock: a slot a millisecond, a stream in the slot it is due in. What is due within the same millisecond
/// is sent together, which is as coarse as the pacing of real engines is not exact.
/// </summary>
internal sealed class TimerWheel
{
    public const int Slots = 1024;

    private readonly List<EngineConnection>[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new List<EngineConnection>())];
    private long _turnedTo = Clock.Now / Clock.Millisecond;

    public int Waiting { get; private set; }

    /// <summary>Wakes <paramref name="stream"/> at <paramref name="due"/> (nanoseconds), at most one turn of the wheel ahead.</summary>
    public void Add(EngineConnection stream, long due)
    {
        var slot = Math.Clamp(due / Clock.Millisecond, _turnedTo + 1, _turnedTo + Slots - 1);
        _slots[slot % Slots].Add(stream);
        Waiting++;
    }

    public void Turn(long now)
    {
        for (var end = now / Clock.Millisecond; _turnedTo < end;)
        {
            _turnedTo++;
            var due = _slots[_turnedTo % Slots];

            // A stream that wakes is added to a later slot, never to this one.
            foreach (var stream in due)
            {
                Waiting--;
                stream.Wake();
            }

            due.Clear();
        }
    }
}
