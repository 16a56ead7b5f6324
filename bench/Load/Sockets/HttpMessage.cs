using System.Buffers.Text;

namespace Sluice.Bench.Sockets;

/// <summary>Finds where HTTP/1.1 messages begin and end on a connection; the same for requests and responses.</summary>
internal struct HttpMessage
{
    private const int NoBody = 0;
    private const int UntilClose = -1;

    private byte[] _partialHead = [];
    private bool _inBody;
    private bool _chunked;
    private long _remaining;
    private ChunkedDecoder _chunks;

    public HttpMessage()
    {
    }

    /// <summary>True once a head has been read and its body has not ended.</summary>
    public readonly bool InBody => _inBody;

    public readonly bool EndsWithConnection => _inBody && !_chunked && _remaining == UntilClose;

    /// <summary>
    /// Takes a head out of <paramref name="input"/>; empty when it has not arrived whole. A message without a length has no body when it is a
    /// request, and ends with the connection when it is a response.
    /// </summary>
    public ReadOnlySpan<byte> ReadHead(ref ReadOnlySpan<byte> input)
    {
        if (_partialHead.Length > 0)
        {
            input = (byte[])[.. _partialHead, .. input];
            _partialHead = [];
        }

        var length = input.IndexOf("\r\n\r\n"u8);
        if (length < 0)
        {
            _partialHead = input.ToArray();
            input = [];
            return [];
        }

        var head = input[..(length + 2)];
        input = input[(length + 4)..];
        _inBody = true;
        _chunks = default;
        Frame(head);
        return head;
    }

    /// <summary>Takes the next run of body bytes; the message has ended when <see cref="InBody"/> is false afterwards.</summary>
    public ReadOnlySpan<byte> ReadBody(ref ReadOnlySpan<byte> input)
    {
        if (_chunked)
        {
            var data = _chunks.Next(ref input);
            _inBody = !_chunks.Finished;
            return data;
        }

        var run = _remaining == UntilClose ? input : input[..(int)Math.Min(_remaining, input.Length)];
        input = input[run.Length..];
        if (_remaining != UntilClose)
        {
            _remaining -= run.Length;
            _inBody = _remaining > 0;
        }

        return run;
    }

    private void Frame(ReadOnlySpan<byte> head)
    {
        _chunked = false;
        _remaining = head.StartsWith("HTTP/"u8) ? UntilClose : NoBody;
        var line = head.IndexOf((byte)'\n') + 1;
        while (line < head.Length)
        {
            var rest = head[line..];
            var end = rest.IndexOf((byte)'\n');
            if (Value(rest[..end], "content-length:"u8, out var length) && Utf8Parser.TryParse(length, out long bytes, out _))
            {
                _remaining = bytes;
            }
            else if (Value(rest[..end], "transfer-encoding:"u8, out var coding) && coding.StartsWith("chunked"u8))
            {
                _chunked = true;
            }

            line += end + 1;
        }
    }

    private static bool Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = [];
        if (line.Length <= name.Length || (line[0] | 0x20) != name[0] || line[name.Length - 1] != ':')
        {
            return false;
        }

        if (!System.Text.Ascii.EqualsIgnoreCase(line[..name.Length], name))
        {
            return false;
        }

        value = line[name.Length..].Trim((byte)' ');
        return true;
    }
}
