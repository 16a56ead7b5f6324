namespace Sluice.Core.Log;

/// <summary>A place between two events of a log.</summary>
internal struct LogPosition
{
    private LogSegment? _segment;
    private int _offset;

    public LogPosition(LogSegment segment) => _segment = segment;

    public readonly bool IsNowhere => _segment is null;

    /// <summary>The event behind this place, which moves on past it. There must be one.</summary>
    public LogEntry Next()
    {
        while (_offset == _segment!.Used)
        {
            (_segment, _offset) = (_segment.Next, 0);
        }

        return _segment.Read(ref _offset);
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
