namespace Sluice.Core.Log;

/// <summary>The events of a turn that has ended, in as few objects as can be: most of what a host holds is turns like it.</summary>
/// <param name="Start">Where the events still held begin.</param>
/// <param name="FirstRetained">Sequence of the first of them.</param>
/// <param name="Last">Sequence of the end.</param>
/// <param name="Bytes">Bytes of events.</param>
/// <param name="Hole">Numbers left out among them, if any are.</param>
internal readonly record struct SealedLog(LogPosition Start, long FirstRetained, long Last, int Bytes, LogHole? Hole = null);
