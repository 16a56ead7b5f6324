namespace Sluice.Core.Log;

/// <summary>A place between two events of a log.</summary>
internal struct LogPosition
{
    private LogSegment? _segment;
    private int _offset;

    public LogPosition(LogSegment segment, int offset = 0) => (_segment, _offset) = (segment, offset);

    /// <summary>Null: nowhere, in a log that had no events yet.</summary>
    public readonly LogSegment? Segment => _segment;

    /// <summary>The event behind this place, which moves on past it. There must be one.</summary>
    public LogEntry Next()
    {
        while (_offset == _segment!.Used)
        {
            (_segment, _offset) = (_segment.Next, 0);
        }

        return _segment.Read(ref _offset);
    }

    /// <summary>Bytes from here to the end of the log, for one that lies in segments of its own.</summary>
    public readonly int BytesToEnd()
    {
        var bytes = -_offset;
        for (var segment = _segment; segment is not null; segment = segment.Next)
        {
            bytes += segment.Used;
        }

        return bytes;
    }

    /// <summary>Copies those bytes.</summary>
    public readonly void CopyToEnd(Span<byte> destination)
    {
        var offset = _offset;
        for (var segment = _segment; segment is not null; segment = segment.Next)
        {
            var part = segment.Span(offset, segment.Used - offset);
            part.CopyTo(destination);
            destination = destination[part.Length..];
            offset = 0;
        }
    }

    /// <summary>The same place in a log whose last segment is as small as can be.</summary>
    public readonly LogPosition Trimmed()
    {
        if (_segment is null)
        {
            return this;
        }

        LogSegment? before = null;
        var last = _segment;
        for (; last.Next is { } next; last = next)
        {
            before = last;
        }

        var trimmed = last.Trimmed();
        before?.Link(trimmed);
        return before is null ? new LogPosition { _segment = trimmed, _offset = _offset } : this;
    }
}
