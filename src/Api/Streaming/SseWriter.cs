using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>
/// Writes server-sent events (WHATWG HTML, section 9.2.6) straight into the response's buffer; nothing is allocated for an event. Flushing is the caller's.
/// </summary>
internal sealed class SseWriter
{
    // Kestrel's blocks are 4 KiB; what does not fit one is written in pieces rather than into a larger, rented one.
    private const int LargestSingleWrite = 2048;
    private const int LongestSequence = 19;

    private readonly PipeWriter _output;
    private readonly byte[] _id = new byte["id: :".Length + TurnId.Length];

    public SseWriter(PipeWriter output, TurnId turn)
    {
        _output = output;
        "id: "u8.CopyTo(_id);
        turn.TryFormat(_id.AsSpan(4), out _);
        _id[^1] = (byte)':';
    }

    /// <summary>Bytes written since the last flush.</summary>
    public int Unflushed { get; private set; }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Unflushed = 0;
        await _output.FlushAsync(cancellationToken);
    }

    /// <param name="sequence">Becomes the event's id.</param>
    /// <param name="literal">A JSON string with its quotes, taken as it is.</param>
    public void Chunk(long sequence, ReadOnlySpan<byte> literal) => Write(sequence, "data: {\"chunk\":"u8, literal, "}\n\n"u8);

    /// <summary>A named event with data of one line.</summary>
    public void Named(long sequence, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        Write(sequence, "event: "u8, name, "\ndata: "u8);
        Write(data);
        Write("\n\n"u8);
    }

    /// <summary>A named event without an id: the client's cursor stays what it was.</summary>
    /// <param name="name">Of the event.</param>
    /// <param name="retry">How long the client is to wait before it comes back.</param>
    /// <param name="data">Of one line.</param>
    public void Notice(ReadOnlySpan<byte> name, TimeSpan retry, ReadOnlySpan<byte> data)
    {
        Span<byte> milliseconds = stackalloc byte[LongestSequence];
        Utf8Formatter.TryFormat((long)retry.TotalMilliseconds, milliseconds, out var digits);
        Write("retry: "u8);
        Write(milliseconds[..digits]);
        Write("\nevent: "u8);
        Write(name);
        Write("\ndata: "u8);
        Write(data);
        Write("\n\n"u8);
    }

    /// <summary>An unnamed event with any data; each line of it becomes a data line, which is what the client's parser joins again.</summary>
    public void Raw(long sequence, ReadOnlySpan<byte> data)
    {
        var line = data.IndexOfAny((byte)'\n', (byte)'\r');
        if (line < 0)
        {
            Write(sequence, "data: "u8, data, "\n\n"u8);
            return;
        }

        Write(sequence, default, default, default);
        while (line >= 0)
        {
            Write("data: "u8);
            Write(data[..line]);
            Write("\n"u8);
            var ending = data[line..].StartsWith("\r\n"u8) ? 2 : 1;
            data = data[(line + ending)..];
            line = data.IndexOfAny((byte)'\n', (byte)'\r');
        }

        Write("data: "u8);
        Write(data);
        Write("\n\n"u8);
    }

    /// <summary>A comment line alone: a blank line after it would dispatch an empty message in some parsers.</summary>
    public void Heartbeat() => Write(": hb\n"u8);

    private void Write(long sequence, ReadOnlySpan<byte> before, ReadOnlySpan<byte> data, ReadOnlySpan<byte> after)
    {
        var largest = _id.Length + LongestSequence + 1 + before.Length + data.Length + after.Length;
        var whole = largest <= LargestSingleWrite;
        var room = _output.GetSpan(whole ? largest : largest - data.Length);
        _id.CopyTo(room);
        var at = _id.Length;
        Utf8Formatter.TryFormat(sequence, room[at..], out var digits);
        at += digits;
        room[at++] = (byte)'\n';
        before.CopyTo(room[at..]);
        at += before.Length;
        if (whole)
        {
            data.CopyTo(room[at..]);
            at += data.Length;
            after.CopyTo(room[at..]);
            at += after.Length;
        }

        _output.Advance(at);
        Unflushed += at;
        if (!whole)
        {
            Write(data);
            Write(after);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        Unflushed += bytes.Length;
    }
}
