using System.Buffers;
using System.Text.Unicode;

namespace Sluice.Vertex.Framing;

internal enum DecodeStatus : byte
{
    /// <summary>One event; the parser describes it.</summary>
    Event,

    /// <summary>Every whole event has been given; the rest has not arrived.</summary>
    NeedMore,

    /// <summary>The stream ended where it may.</summary>
    End,

    /// <summary>The stream ended inside an event.</summary>
    Cut,

    /// <summary>Bytes that are not events in any framing.</summary>
    Malformed,

    /// <summary>An event, or all of them, is bigger than it may be.</summary>
    TooLarge,
}

/// <summary>
/// Finds the events in a stream, in whichever framing it comes: lines of JSON (what Agent Engine sends), JSON values one behind the other, one JSON array,
/// or server-sent events. The network may cut the bytes anywhere. Events are spans over the one buffer, good until the next call.
/// </summary>
/// <remarks>
/// The framing shows in the first bytes. A stream that begins with <c>[</c> is an array of events, unless it is a line that holds a list as Python prints
/// it (<c>["updates", {…}]</c>): agents of LangGraph yield those. See <see cref="ListOrArray"/>.
/// </remarks>
internal sealed class EventDecoder(EventParser parser, int maxEventBytes, long maxBytes) : IDisposable
{
    // A token's event is some 500 bytes; a busy stream brings several in one read.
    private const int FirstRoom = 4096;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstRoom);
    private int _start;
    private int _end;
    private long _received;
    private bool _ended;
    private Framing _framing;
    private ListOrArray _list = new();

    // Of the value at _start: how far it was searched for a line break, and for its own end.
    private int _searched;
    private bool _spansLines;
    private JsonScan _scan;
    private bool _wantsComma;
    private bool _arrayOpen;
    private SseLines _sse;

    private enum Framing : byte
    {
        Unknown,
        Values,
        Array,
        Sse,
    }

    private ReadOnlySpan<byte> Window => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Where the next bytes go.</summary>
    public Memory<byte> Room()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            // Less than half is in use: move it to the front. More: grow, so that a big event is not moved again and again.
            var used = _end - _start;
            var target = used > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
            Window.CopyTo(target);
            if (target != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = target;
            }

            _start = 0;
            _end = used;
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>Counts bytes that were put into <see cref="Room"/>; none is the end of the stream.</summary>
    public void Wrote(int count)
    {
        _ended |= count == 0;
        _end += count;
        _received += count;
    }

    public DecodeStatus Read(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (_received > maxBytes)
        {
            return DecodeStatus.TooLarge;
        }

        if (_framing == Framing.Unknown && !TryRecognise(out var status))
        {
            return status;
        }

        status = _framing switch
        {
            Framing.Sse => ReadSse(out value),
            Framing.Array => ReadElement(out value),
            _ => ReadValue(out value),
        };
        return status == DecodeStatus.Event && value.Length > maxEventBytes ? DecodeStatus.TooLarge : status;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }

    private bool TryRecognise(out DecodeStatus status)
    {
        status = Waiting();
        SkipSpace();
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (Window.StartsWith(mark))
        {
            _start += mark.Length;
            SkipSpace();
        }

        if (_start == _end)
        {
            status = _ended ? DecodeStatus.End : DecodeStatus.NeedMore;
            return false;
        }

        switch (Window[0])
        {
            case (byte)'{' or (byte)'"' or (byte)'-' or (>= (byte)'0' and <= (byte)'9') or (byte)'t' or (byte)'f' or (byte)'n':
                _framing = Framing.Values;
                return true;
            case (byte)'[':
                switch (_list.Decide(Window))
                {
                    case ListOrArray.Verdict.Array:
                        _framing = Framing.Array;
                        return true;
                    case ListOrArray.Verdict.List:
                        _framing = Framing.Values;
                        return true;
                    default:
                        _framing = _ended ? Framing.Array : Framing.Unknown;
                        return _ended;
                }

            case 0xEF when Window.Length < mark.Length && mark.StartsWith(Window):
                return false;
            default:
                switch (SseLines.LooksLike(Window))
                {
                    case true:
                        _framing = Framing.Sse;
                        return true;
                    case false:
                        status = DecodeStatus.Malformed;
                        return false;
                    default:
                        return false;
                }
        }
    }

    private DecodeStatus ReadElement(out ReadOnlySpan<byte> value)
    {
        value = default;
        while (true)
        {
            SkipSpace();
            if (_start == _end)
            {
                return _ended && !_arrayOpen ? DecodeStatus.End : Waiting();
            }

            var next = _buffer[_start];
            if (!_arrayOpen)
            {
                if (next != '[')
                {
                    return DecodeStatus.Malformed;
                }

                _arrayOpen = true;
                _wantsComma = false;
                Advance(1);
            }
            else if (next == ']')
            {
                _arrayOpen = false;
                Advance(1);
            }
            else if (_wantsComma)
            {
                if (next != ',')
                {
                    return DecodeStatus.Malformed;
                }

                _wantsComma = false;
                Advance(1);
            }
            else
            {
                // The next line break may be anywhere in or behind an element.
                _spansLines = true;
                var status = ReadValue(out value);
                _wantsComma = status == DecodeStatus.Event;
                return status;
            }
        }
    }

    private DecodeStatus ReadValue(out ReadOnlySpan<byte> value)
    {
        value = default;
        SkipSpace();
        var window = Window;
        if (window.IsEmpty)
        {
            return _ended ? DecodeStatus.End : DecodeStatus.NeedMore;
        }

        // The usual case: a whole line is here, and it is one value. Then this search and one pass of the parser is all it takes.
        if (!_spansLines)
        {
            var found = window[_searched..].IndexOf((byte)'\n');
            if (found >= 0)
            {
                var parsed = parser.Parse(window[..(_searched + found + 1)], final: false);
                if (parsed != ParseStatus.Incomplete)
                {
                    return parsed == ParseStatus.Complete ? Take(parser.Consumed, out value) : DecodeStatus.Malformed;
                }

                _spansLines = true;
            }
            else
            {
                _searched = window.Length;
            }
        }

        // No line break yet, but the value may be whole: values need not be on lines of their own.
        if (_scan.TryFindEnd(window, out var end))
        {
            return parser.Parse(window[..end], final: true) == ParseStatus.Complete && parser.Consumed == end
                ? Take(end, out value)
                : DecodeStatus.Malformed;
        }

        if (!_ended)
        {
            return Waiting();
        }

        // Only a number or literal can be whole without an end of its own, and in an array not even those.
        if (_framing == Framing.Values && window[0] is not ((byte)'{' or (byte)'[' or (byte)'"')
            && parser.Parse(window, final: true) == ParseStatus.Complete && parser.Consumed == window.Length)
        {
            return Take(window.Length, out value);
        }

        return parser.Parse(window, final: false) == ParseStatus.Malformed ? DecodeStatus.Malformed : DecodeStatus.Cut;
    }

    private DecodeStatus ReadSse(out ReadOnlySpan<byte> value)
    {
        while (_sse.TryReadData(_buffer.AsSpan(0, _end), ref _start, _ended, out value))
        {
            // Not Google's, but widespread: a last event that is not JSON.
            if (value.IsEmpty || value.SequenceEqual("[DONE]"u8))
            {
                continue;
            }

            switch (parser.Parse(value, final: true))
            {
                case ParseStatus.Complete when value[parser.Consumed..].Trim(" \t\r\n"u8).IsEmpty:
                    value = value[..parser.Consumed];
                    return Utf8.IsValid(value) ? DecodeStatus.Event : DecodeStatus.Malformed;
                default:
                    return _ended && _start == _end && parser.Parse(value, final: false) == ParseStatus.Incomplete
                        ? DecodeStatus.Cut
                        : DecodeStatus.Malformed;
            }
        }

        return !_ended ? Waiting() : _start == _end ? DecodeStatus.End : DecodeStatus.Cut;
    }

    private DecodeStatus Take(int length, out ReadOnlySpan<byte> value)
    {
        value = Window[..length];
        if (!Utf8.IsValid(value))
        {
            return DecodeStatus.Malformed;
        }

        Advance(length);
        return DecodeStatus.Event;
    }

    private void Advance(int length)
    {
        _start += length;
        _searched = 0;
        _spansLines = false;
        _scan = default;
    }

    private void SkipSpace()
    {
        // Only between values: inside one, _searched and _scan count from its first byte.
        while (_start < _end && _buffer[_start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _start++;
        }
    }

    private DecodeStatus Waiting() =>
        _end - _start > maxEventBytes ? DecodeStatus.TooLarge : _ended ? DecodeStatus.Cut : DecodeStatus.NeedMore;
}
