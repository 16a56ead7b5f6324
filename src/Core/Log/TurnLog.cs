using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Core.Log;

/// <summary>
/// The numbered events of one turn, held in memory within bounds. One writer, any number of readers.
/// </summary>
/// <remarks>
/// Event bytes are copied once, into segments that belong to this log alone, so that readers may hold slices for as long as they like. At the bound the oldest
/// deltas go; the first event and the end always stay, and a reader that still needed what went is given a <see cref="TurnEventKind.Gap"/>.
/// </remarks>
public sealed class TurnLog
{
    private const int SecondSegment = 256;
    private const int LargestSegment = 16 * 1024;
    private const long StartedSequence = 1;

    private readonly Lock _gate = new();
    private readonly int _maxEvents;
    private readonly int _maxBytes;
    private LogPosition _start;
    private LogSegment? _newest;
    private long _firstRetained = StartedSequence + 1;
    private long _last = StartedSequence;
    private int _bytes;
    private LogHole? _hole;
    private TurnEnd? _end;
    private TurnLogReader? _readers;
    private bool _isBehind;
    private bool _leaps;
    private bool _hasMoved;

    public TurnLog(int maxEvents, int maxBytes) => (_maxEvents, _maxBytes) = (maxEvents, maxBytes);

    /// <summary>A log that was sealed, to be read again.</summary>
    internal TurnLog(in SealedLog log, TurnEnd end) =>
        (_start, _firstRetained, _last, _bytes, _hole, _end) = (log.Start, log.FirstRetained, log.Last, log.Bytes, log.Hole, end);

    /// <summary>Sequence of the newest event.</summary>
    public long LastSequence
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Bytes of events held now.</summary>
    public int Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Null until the turn has ended.</summary>
    public TurnEnd? End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    public bool HasReaders
    {
        get
        {
            lock (_gate)
            {
                return _readers is not null;
            }
        }
    }

    /// <summary>Readers may have been shown events elsewhere that are not here: a cursor beyond the newest event is then one to wait for.</summary>
    internal bool IsBehind
    {
        get
        {
            lock (_gate)
            {
                return _isBehind;
            }
        }
    }

    /// <summary>Sequences from the second to the first that is held were dropped.</summary>
    internal bool HasDropped
    {
        get
        {
            lock (_gate)
            {
                return _firstRetained > StartedSequence + 1;
            }
        }
    }

    /// <summary>Appends a delta; nobody is woken before <see cref="Publish"/>. Ignored after the end.</summary>
    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        lock (_gate)
        {
            if (_end is not null || _hasMoved)
            {
                return;
            }

            LeapIfDue();
            Add(raw, text);
        }
    }

    /// <summary>
    /// Appends an event of another log under the number that it has there; one that is here already is passed over. Nobody is woken before <see cref="Publish"/>.
    /// </summary>
    /// <returns>False: what comes before it is missing here.</returns>
    internal bool TryAppend(in TurnEvent next)
    {
        lock (_gate)
        {
            if (_end is not null || _hasMoved || next.Sequence <= _last)
            {
                return true;
            }

            if (next.Kind == TurnEventKind.Gap)
            {
                if (next.IsLeap)
                {
                    LeaveOut(new LogHole(_last, next.Sequence));
                }
                else
                {
                    DropAll(next.Sequence);
                }

                return true;
            }

            if (next.Sequence > _last + 1)
            {
                return false;
            }

            if (next.End is { } end)
            {
                (_end, _last) = (end, next.Sequence);
            }
            else
            {
                Add(next.Raw.Span, next.Text.Span);
            }

            return true;
        }
    }

    /// <summary>Appends events as they were stored; those that are here already are passed over. Nobody is woken before <see cref="Publish"/>.</summary>
    /// <returns>False: they are not what was written.</returns>
    internal bool TryAppend(StoredEvents events)
    {
        var segment = LogSegment.Of(events.Bytes.ToArray());
        if (!segment.Holds(events.Count))
        {
            return false;
        }

        lock (_gate)
        {
            if (_end is not null || events.Last <= _last)
            {
                return true;
            }

            if (events.First <= _last)
            {
                // Begins earlier when it was written again, after an answer of the store was lost.
                segment = segment.Behind(_last + 1 - events.First);
            }
            else if (events.First > _last + 1)
            {
                LeaveOut(new LogHole(_last, events.First - 1));
            }

            _start = _newest is null ? new LogPosition(segment) : _start;
            _newest = _newest?.Link(segment) ?? segment;
            _bytes += segment.Used;
            _last = events.Last;
            DropTooMuch();
            return true;
        }
    }

    /// <summary>Appends the last event; nobody is woken before <see cref="Publish"/>. True for the first call alone.</summary>
    public bool Complete(TurnEnd end) => Complete(end, EndSequence());

    /// <inheritdoc cref="Complete(TurnEnd)"/>
    internal bool Complete(TurnEnd end, long sequence)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return false;
            }

            if (sequence > _last + 1)
            {
                LeaveOut(new LogHole(_last, sequence - 1));
            }

            _end = end;
            _last = Math.Max(sequence, _last + 1);
            return true;
        }
    }

    /// <summary>The number that the end has, or is going to have if nothing is appended before it.</summary>
    internal long EndSequence()
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return _last;
            }

            LeapIfDue();
            return _last + 1;
        }
    }

    /// <summary>From here on readers may have been shown elsewhere what is not here: the next number leaps, unless <see cref="ContinueExactly"/> is called before.</summary>
    internal void FallBehind()
    {
        lock (_gate)
        {
            _isBehind = _leaps = true;
        }
    }

    /// <summary>What is appended next is what was shown elsewhere, event by event.</summary>
    internal void ContinueExactly()
    {
        lock (_gate)
        {
            _leaps = false;
        }
    }

    /// <summary>Takes nothing any more: the turn goes on elsewhere, from here.</summary>
    internal void Freeze()
    {
        lock (_gate)
        {
            _hasMoved = _end is null;
        }
    }

    internal bool IsFrozen
    {
        get
        {
            lock (_gate)
            {
                return _hasMoved;
            }
        }
    }

    /// <summary>As <see cref="Freeze"/>, and readers are told so when they have read what there is.</summary>
    internal void Move()
    {
        Freeze();
        Wake(ReadSignal.Moved);
    }

    /// <summary>Wakes the readers that have something to read, on this thread.</summary>
    public void Publish() => Wake(ReadSignal.Events);

    /// <summary>
    /// Copies the events behind <paramref name="follower"/>, which moves on past them, as they lie in the segments. Null: there are none. What was dropped
    /// meanwhile is passed over.
    /// </summary>
    internal StoredEvents? TakeAfter(ref LogFollower follower, out long firstRetained)
    {
        lock (_gate)
        {
            firstRetained = _firstRetained;
            if (follower.Sequence < _firstRetained - 1)
            {
                follower = new LogFollower(_start, _firstRetained - 1);
            }

            var first = After(follower.Sequence);
            if (first > LastDelta)
            {
                return null;
            }

            var position = follower.Position.Segment is null ? _start : follower.Position;
            var bytes = GC.AllocateUninitializedArray<byte>(position.BytesToEnd());
            position.CopyToEnd(bytes);
            follower = new LogFollower(new LogPosition(_newest!, _newest!.Used), LastDelta);
            return new StoredEvents(first, (int)(LastDelta - first + 1), bytes);
        }
    }

    /// <summary>One for which all that is here now has been taken.</summary>
    internal LogFollower FollowerAtEnd()
    {
        lock (_gate)
        {
            return new LogFollower(_newest is null ? default : new LogPosition(_newest, _newest.Used), LastDelta);
        }
    }

    /// <summary>The events held, each as the engine sent it.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> RawEvents()
    {
        lock (_gate)
        {
            var events = new List<ReadOnlyMemory<byte>>();
            var position = _start;
            for (var sequence = _firstRetained; sequence <= LastDelta; sequence = After(sequence))
            {
                events.Add(position.Next().Raw);
            }

            return events;
        }
    }

    /// <summary>What is to be kept of it, once it is complete.</summary>
    internal SealedLog Seal()
    {
        lock (_gate)
        {
            return new SealedLog(_start, _firstRetained, _last, _bytes, _hole);
        }
    }

    /// <summary>Opens a reader behind <paramref name="cursor"/> (a sequence; 0 is the beginning). One beyond the newest event waits for what comes after it.</summary>
    internal TurnLogReader Open(SessionId session, TurnId turn, long cursor, ReadInterest interest)
    {
        lock (_gate)
        {
            var reader = new TurnLogReader(this, session, turn, interest) { Next = _readers, Cursor = cursor };
            Seek(reader);
            _readers = reader;
            return reader;
        }
    }

    internal void Close(TurnLogReader reader)
    {
        lock (_gate)
        {
            TurnLogReader? before = null;
            for (var at = _readers; at is not null; before = at, at = at.Next)
            {
                if (!ReferenceEquals(at, reader))
                {
                    continue;
                }

                if (before is null)
                {
                    _readers = at.Next;
                }
                else
                {
                    before.Next = at.Next;
                }

                at.Next = null;
                return;
            }
        }
    }

    internal int Read(TurnLogReader reader, Span<TurnEvent> events)
    {
        var read = 0;
        lock (_gate)
        {
            CatchUp(reader);
            var cursor = reader.Cursor;
            while (read < events.Length && cursor < _last)
            {
                var next = EventAfter(cursor, ref reader.Position);
                events[read++] = next;
                cursor = next.Sequence;
            }

            reader.Cursor = cursor;
        }

        return read;
    }

    /// <summary>True when the reader must wait, in which case it is armed; else <paramref name="signal"/> tells what it need not wait for.</summary>
    internal bool Arm(TurnLogReader reader, out ReadSignal signal)
    {
        lock (_gate)
        {
            CatchUp(reader);
            if (reader.Cursor < _last && (reader.Interest == ReadInterest.EveryEvent || _end is not null || _hasMoved))
            {
                signal = ReadSignal.Events;
                return false;
            }

            if (_end is not null || _hasMoved)
            {
                signal = _end is not null ? ReadSignal.Ended : ReadSignal.Moved;
                return false;
            }

            if (reader.WakeRequested)
            {
                reader.WakeRequested = false;
                signal = ReadSignal.Woken;
                return false;
            }

            reader.Armed = true;
            signal = default;
            return true;
        }
    }

    /// <summary>True when the reader was waiting, and is now the calling thread's to complete.</summary>
    internal bool Disarm(TurnLogReader reader, bool rememberWake)
    {
        lock (_gate)
        {
            var armed = reader.Armed;
            reader.Armed = false;
            if (!armed && rememberWake)
            {
                reader.WakeRequested = true;
            }

            return armed;
        }
    }

    private long LastDelta => _end is null ? _last : Before(_last);

    private void Wake(ReadSignal signal)
    {
        TurnLogReader? only = null;
        List<TurnLogReader>? all = null;
        lock (_gate)
        {
            for (var reader = _readers; reader is not null; reader = reader.Next)
            {
                if (!reader.Armed || (_end is null && !_hasMoved && (reader.Interest == ReadInterest.TheEnd || reader.Cursor >= _last)))
                {
                    continue;
                }

                reader.Armed = false;
                if (only is null)
                {
                    only = reader;
                }
                else
                {
                    (all ??= [only]).Add(reader);
                }
            }
        }

        // Outside the lock: a woken reader reads, and may leave or open another.
        if (all is null)
        {
            only?.Complete(signal);
            return;
        }

        foreach (var reader in all)
        {
            reader.Complete(signal);
        }
    }

    private TurnEvent EventAfter(long cursor, ref LogPosition position)
    {
        var sequence = cursor + 1;
        if (sequence == StartedSequence)
        {
            return new TurnEvent { Sequence = sequence, Kind = TurnEventKind.Started };
        }

        if (sequence < _firstRetained)
        {
            position = _start;
            return new TurnEvent { Sequence = _firstRetained - 1, Kind = TurnEventKind.Gap };
        }

        if (_hole is { } hole && cursor >= hole.After && cursor < hole.To)
        {
            return new TurnEvent { Sequence = hole.To, Kind = TurnEventKind.Gap, IsLeap = true };
        }

        if (_end is not null && sequence == _last)
        {
            var kind = _end.State == TurnState.Completed ? TurnEventKind.Completed : TurnEventKind.Error;
            return new TurnEvent { Sequence = sequence, Kind = kind, End = _end };
        }

        if (position.Segment is null)
        {
            // Opened before there was anything, and nothing has been dropped since.
            position = _start;
        }

        var entry = position.Next();
        return new TurnEvent { Sequence = sequence, Kind = TurnEventKind.Delta, Raw = entry.Raw, Text = entry.Text };
    }

    private void Seek(TurnLogReader reader)
    {
        reader.Position = _start;
        for (var passed = _firstRetained; passed <= Math.Min(reader.Cursor, LastDelta); passed = After(passed))
        {
            reader.Position.Next();
        }

        reader.IsAhead = reader.Cursor > _last;
    }

    // For a reader that came with a cursor from elsewhere, beyond what was here.
    private void CatchUp(TurnLogReader reader)
    {
        if (!reader.IsAhead)
        {
            return;
        }

        if (_end is not null && reader.Cursor >= _last)
        {
            // It cannot have seen the end, and is not to wait for ever for what it has seen.
            reader.Cursor = Before(_last);
        }

        Seek(reader);
    }

    private long After(long sequence) => _hole is { } hole && sequence >= hole.After && sequence < hole.To ? hole.To + 1 : sequence + 1;

    private long Before(long sequence) => _hole is { } hole && sequence - 1 == hole.To ? hole.After : sequence - 1;

    private void LeapIfDue()
    {
        if (_leaps)
        {
            _leaps = false;
            LeaveOut(LogHole.Behind(_last));
        }
    }

    private void LeaveOut(LogHole hole)
    {
        // One is enough for nearly all turns. Before a second, what lies before the first is dropped; both are told as gaps all the same.
        while (_hole is not null)
        {
            DropOldest();
        }

        _last = hole.To;
        if (_firstRetained > hole.After)
        {
            _firstRetained = hole.To + 1;
        }
        else
        {
            _hole = hole;
        }
    }

    private void Add(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        if (!raw.Overlaps(text, out var textOffset))
        {
            textOffset = text.IsEmpty ? 0 : raw.Length;
        }

        Reserve(LogSegment.SizeOf(raw.Length, textOffset, text.Length)).Append(raw, text, textOffset);
        _bytes += Math.Max(raw.Length, textOffset + text.Length);
        _last++;
        DropTooMuch();
    }

    private LogSegment Reserve(int size)
    {
        if (_newest is null)
        {
            // A first event is often the only one, and is then kept for long: it gets just the room it needs.
            _newest = LogSegment.OfSize(size);
            _start = new LogPosition(_newest);
        }
        else if (_newest.Room < size)
        {
            var doubled = (_newest.Used + _newest.Room) * 2;
            _newest = _newest.Link(LogSegment.OfSize(Math.Clamp(doubled, Math.Max(SecondSegment, size), Math.Max(LargestSegment, size))));
        }

        return _newest;
    }

    private void DropTooMuch()
    {
        while (_last > _firstRetained && (_bytes > _maxBytes || _last - _firstRetained - (_hole?.Size ?? 0) >= _maxEvents))
        {
            DropOldest();
        }
    }

    // Everything up to that number is gone where it comes from.
    private void DropAll(long sequence)
    {
        (_start, _newest, _hole, _bytes) = (default, null, null, 0);
        (_firstRetained, _last) = (sequence + 1, sequence);
    }

    private void DropOldest()
    {
        _bytes -= _start.Next().Length;
        _firstRetained++;
        if (_hole is { } hole && _firstRetained > hole.After)
        {
            (_firstRetained, _hole) = (hole.To + 1, null);
        }
    }
}
