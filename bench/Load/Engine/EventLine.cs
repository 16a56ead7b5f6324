using System.Buffers.Text;

namespace Sluice.Bench.Engine;

/// <summary>
/// One NDJSON line of a stream, as an HTTP chunk of its own: <c>{"chunk": "tok17@123456789 "}</c>. The number shows what is lost, the time of
/// sending shows the lag.
/// </summary>
internal static class EventLine
{
    public const int MaxLength = 80;

    /// <summary>Writes event <paramref name="number"/> sent at <paramref name="sent"/> and returns the bytes written.</summary>
    public static int Write(Span<byte> destination, int number, long sent)
    {
        // The chunk's size comes first and is always two hexadecimal digits: the line is 16 to 255 bytes long.
        var line = destination[4..];
        var length = Append(line, 0, "{\"chunk\": \"tok"u8);
        length += Digits(line[length..], number);
        line[length++] = (byte)'@';
        length += Digits(line[length..], sent);
        length = Append(line, length, " \"}\n"u8);
        Utf8Formatter.TryFormat(length, destination, out var digits, new('x', 2));
        Append(destination, digits, "\r\n"u8);
        return 4 + Append(line, length, "\r\n"u8);
    }

    private static int Append(Span<byte> destination, int position, ReadOnlySpan<byte> text)
    {
        text.CopyTo(destination[position..]);
        return position + text.Length;
    }

    private static int Digits(Span<byte> destination, long value)
    {
        Utf8Formatter.TryFormat(value, destination, out var written);
        return written;
    }
}
