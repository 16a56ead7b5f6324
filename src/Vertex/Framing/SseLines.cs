namespace Sluice.Vertex.Framing;

/// <summary>The lines of server-sent events: joins the data of one event, in place, and leaves out everything else.</summary>
/// <remarks>https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation</remarks>
internal struct SseLines
{
    // From the event's start: the data joined so far, and how far lines were read.
    private int _data;
    private int _dataEnd;
    private bool _hasData;
    private int _read;
    private int _searched;
    private bool _skipLineFeed;

    /// <summary>Whether the stream begins with a field of an event or a comment; null while that cannot be told.</summary>
    public static bool? LooksLike(ReadOnlySpan<byte> window)
    {
        var colon = window.IndexOfAny((byte)':', (byte)'\r', (byte)'\n');
        var field = colon < 0 ? window : window[..colon];
        if (colon >= 0)
        {
            return field.IsEmpty || field.SequenceEqual("data"u8) || field.SequenceEqual("event"u8) || field.SequenceEqual("id"u8)
                || field.SequenceEqual("retry"u8);
        }

        return "data"u8.StartsWith(field) || "event"u8.StartsWith(field) || "id"u8.StartsWith(field) || "retry"u8.StartsWith(field) ? null : false;
    }

    /// <param name="buffer">Everything received.</param>
    /// <param name="start">Where the event begins; moved behind it when it is read.</param>
    /// <param name="ended">Nothing more comes: then the last event needs no blank line.</param>
    /// <param name="data">The event's data, in the buffer.</param>
    public bool TryReadData(Span<byte> buffer, ref int start, bool ended, out ReadOnlySpan<byte> data)
    {
        data = default;
        while (true)
        {
            var window = buffer[start..];
            if (_skipLineFeed && _read < window.Length)
            {
                _skipLineFeed = false;
                if (window[_read] == '\n')
                {
                    _read++;
                    _searched = 0;
                }
            }

            var rest = window[_read..];
            var length = rest[_searched..].IndexOfAny((byte)'\r', (byte)'\n');
            if (length < 0)
            {
                _searched = rest.Length;
                if (!ended)
                {
                    return false;
                }

                // What is left is an event whose blank line, or even line end, did not come. If its data is whole, so is it.
                if (rest.Length > 0 && !rest.StartsWith("data:"u8))
                {
                    return false;
                }

                if (rest.Length > 0)
                {
                    AddData(window, _read, rest.Length);
                }

                var any = _hasData;
                data = any ? window[_data.._dataEnd] : default;
                start = buffer.Length;
                this = default;
                return any;
            }

            length += _searched;
            _searched = 0;
            var line = rest[..length];
            _skipLineFeed = rest[length] == '\r';
            var at = _read;
            _read += length + 1;
            if (line.StartsWith("data:"u8) || line.SequenceEqual("data"u8))
            {
                AddData(window, at, length);
            }
            else if (line.IsEmpty && _hasData)
            {
                data = window[_data.._dataEnd];
                Next(ref start);
                return true;
            }
            else if (!_hasData)
            {
                // Nothing is held of a comment, or of an event without data.
                Next(ref start);
            }
        }
    }

    private void Next(ref int start)
    {
        start += _read;
        this = new SseLines { _skipLineFeed = _skipLineFeed };
    }

    private void AddData(Span<byte> window, int at, int length)
    {
        // Behind "data:" and one space.
        var value = at + Math.Min(length, 5);
        var end = at + length;
        if (value < end && window[value] == ' ')
        {
            value++;
        }

        if (!_hasData)
        {
            (_data, _dataEnd, _hasData) = (value, end, true);
            return;
        }

        // Where the line break was there is room for one, and the rest of the line moves over its own "data:".
        window[_dataEnd++] = (byte)'\n';
        window[value..end].CopyTo(window[_dataEnd..]);
        _dataEnd += end - value;
    }
}
