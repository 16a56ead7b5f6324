using System.Buffers.Text;

namespace Sluice.Bench.Engine;

/// <summary>
/// One line of a stream as an HTTP chunk of its own. Its text is a token such as <c>tok17@123456789 </c>: the number shows what is lost, the time of
/// sending shows the lag.
/// </summary>
internal static class EventChunk
{
    private const int SizeDigits = 5;

    public const int MaxToken = 40;

    public static int WriteToken(Span<byte> destination, int number, long sent)
    {
        "tok"u8.CopyTo(destination);
        Utf8Formatter.TryFormat(number, destination[3..], out var digits);
        var length = 3 + digits;
        destination[length++] = (byte)'@';
        Utf8Formatter.TryFormat(sent, destination[length..], out digits);
        length += digits;
        destination[length++] = (byte)' ';
        return length;
    }

    public static int Write(Span<byte> destination, Dialect dialect, int number, ReadOnlySpan<byte> token)
    {
        var length = dialect.WriteLine(destination[(SizeDigits + 2)..], number, token);
        return Enclose(destination, length);
    }

    public static int WriteLast(Span<byte> destination, Dialect dialect, ReadOnlySpan<byte> text)
    {
        var length = dialect.WriteLastLine(destination[(SizeDigits + 2)..], text);
        return length > 0 ? Enclose(destination, length) : 0;
    }

    private static int Enclose(Span<byte> destination, int length)
    {
        Utf8Formatter.TryFormat(length + 1, destination, out _, new('x', SizeDigits));
        "\r\n"u8.CopyTo(destination[SizeDigits..]);
        "\n\r\n"u8.CopyTo(destination[(SizeDigits + 2 + length)..]);
        return SizeDigits + 2 + length + 3;
    }
}
