namespace Sluice.Core.Log;

/// <summary>
/// Events one behind the other in one array, which belongs to one log alone and is never written twice: readers may hold slices of it for as long as they like.
/// </summary>
/// <remarks>
/// An event is its raw length, its text's length and, if it has text, where that begins, each as a base-128 number (least significant group first), then the raw
/// bytes, then the text if it is not a slice of them. Kept this way, an event costs three bytes besides its own and a remembered turn hardly an object.
/// </remarks>
internal class LogSegment(byte[] bytes)
{
    private byte[] Bytes { get; } = bytes;

    public int Used { get; private set; }

    public int Room => Bytes.Length - Used;

    public LogSegment? Next { get; private set; }

    /// <summary>One that is full already.</summary>
    public static LogSegment Of(byte[] events) => new(events) { Used = events.Length };

    public static LogSegment OfSize(int bytes) => new(GC.AllocateUninitializedArray<byte>(bytes));

    /// <summary>Room that an event takes.</summary>
    public static int SizeOf(int rawLength, int textOffset, int textLength) =>
        NumberSize(rawLength) + NumberSize(textLength) + (textLength == 0 ? 0 : NumberSize(textOffset)) + Math.Max(rawLength, textOffset + textLength);

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text, int textOffset)
    {
        var at = WriteNumber(WriteNumber(Used, raw.Length), text.Length);
        if (!text.IsEmpty)
        {
            at = WriteNumber(at, textOffset);
        }

        raw.CopyTo(Bytes.AsSpan(at));
        at += raw.Length;
        if (!text.IsEmpty && textOffset >= raw.Length)
        {
            text.CopyTo(Bytes.AsSpan(at));
            at += text.Length;
        }

        Used = at;
    }

    /// <summary>Reads the event at <paramref name="offset"/>, and moves that behind it.</summary>
    public LogEntry Read(ref int offset)
    {
        var rawLength = ReadNumber(ref offset);
        var textLength = ReadNumber(ref offset);
        var textOffset = textLength == 0 ? 0 : ReadNumber(ref offset);
        var entry = new LogEntry(
            new ReadOnlyMemory<byte>(Bytes, offset, rawLength),
            new ReadOnlyMemory<byte>(Bytes, offset + textOffset, textLength),
            Math.Max(rawLength, textOffset + textLength));
        offset += entry.Length;
        return entry;
    }

    /// <summary>Whether it is made of so many whole events. For bytes that come from elsewhere: all else here trusts what this class has written.</summary>
    public bool Holds(int events)
    {
        var offset = 0;
        for (; events > 0; events--)
        {
            if (!TryReadNumber(ref offset, out var rawLength) || !TryReadNumber(ref offset, out var textLength))
            {
                return false;
            }

            var textOffset = 0;
            if (textLength > 0 && !TryReadNumber(ref offset, out textOffset))
            {
                return false;
            }

            var length = Math.Max(rawLength, (long)textOffset + textLength);
            if (length > Used - offset)
            {
                return false;
            }

            offset += (int)length;
        }

        return offset == Used;
    }

    /// <summary>What lies behind the first <paramref name="events"/>.</summary>
    public LogSegment Behind(long events)
    {
        var offset = 0;
        for (; events > 0; events--)
        {
            Read(ref offset);
        }

        return Of(Bytes.AsSpan(offset, Used - offset).ToArray());
    }

    /// <summary>Makes room at the end for events that are written already. Returns where.</summary>
    public int Reserve(int size) => (Used += size) - size;

    public Span<byte> Span(int offset, int length) => Bytes.AsSpan(offset, length);

    public LogSegment Link(LogSegment next) => Next = next;

    /// <summary>The same events in an array that is just large enough; this very segment when little would be gained.</summary>
    public LogSegment Trimmed()
    {
        const int Little = 32;
        return Room <= Little ? this : new LogSegment(Bytes.AsSpan(0, Used).ToArray()) { Used = Used };
    }

    private static int NumberSize(int value)
    {
        var size = 1;
        for (; value >= 0x80; value >>= 7)
        {
            size++;
        }

        return size;
    }

    private int WriteNumber(int at, int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Bytes[at++] = (byte)(value | 0x80);
        }

        Bytes[at++] = (byte)value;
        return at;
    }

    private bool TryReadNumber(ref int at, out int value)
    {
        value = 0;
        for (var shift = 0; shift < 32 && at < Used; shift += 7)
        {
            var group = Bytes[at++];
            value |= (group & 0x7F) << shift;
            if (group < 0x80)
            {
                return value >= 0;
            }
        }

        return false;
    }

    private int ReadNumber(ref int at)
    {
        var value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var group = Bytes[at++];
            value |= (group & 0x7F) << shift;
            if (group < 0x80)
            {
                return value;
            }
        }
    }
}

/// <summary>One event as it lies in a segment.</summary>
/// <param name="Raw">The engine's event.</param>
/// <param name="Text">Its text, a slice of the same segment.</param>
/// <param name="Length">Bytes of both.</param>
internal readonly record struct LogEntry(ReadOnlyMemory<byte> Raw, ReadOnlyMemory<byte> Text, int Length);
