namespace Sluice.Core.Storage;

/// <summary>Events of a turn that follow one another, encoded.</summary>
/// <param name="First">Sequence of the first.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">The events one behind the other, in the encoding of <see cref="Format"/>.</param>
public sealed record StoredEvents(long First, int Count, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>
    /// Number of the encoding, kept with every batch. In 1 an event is: length of the engine's event; length of its text; if it has text, where that begins, counted from
    /// the beginning of the engine's event; then the engine's event; then its text, if it is not a part of it. Numbers are to the base of 128, the least significant
    /// group first, all but the last with the high bit set (LEB128).
    /// </summary>
    public const int Format = 1;

    /// <summary>Sequence of the last.</summary>
    public long Last => First + Count - 1;
}
