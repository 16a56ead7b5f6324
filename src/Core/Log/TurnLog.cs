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
    private TurnEnd? _end;
    private TurnLogReader? _readers;

    public TurnLog(int maxEvents, int maxBytes) => (_maxEvents, _maxBytes) = (maxEvents, maxBytes);

    /// <summary>A log that was sealed, to be read again.</summary>
    internal TurnLog(in SealedLog log, TurnEnd end) =>
        (_start, _firstRetained, _last, _bytes, _end) = (log.Start, log.FirstRetained, log.Last, log.Bytes, end);

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

    /// <summary>Appends a delta; nobody is woken before <see cref="Publish"/>. Ignored after the end.</summary>
    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        if (!raw.Overlaps(text, out var textOffset))
        {
            textOffset = text.IsEmpty ? 0 : raw.Length;
        }

        var length = Math.Max(raw.Length, textOffset + text.Length);
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            Reserve(LogSegment.SizeOf(raw.Length, textOffset, text.Length)).Append(raw, text, textOffset);
            _bytes += length;
            _last++;
            while (_last > _firstRetained && (_bytes > _maxBytes || _last - _firstRetained >= _maxEvents))
            {
                DropOldest();
            }
        }
    }

    /// <summary>Appends the last event; nobody is woken before <see cref="Publish"/>. True for the first call alone.</summary>
    public bool Complete(TurnEnd end)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return false;
            }

            _end = end;
            _last++;
            return true;
        }
    }

    /// <summary>Wakes the readers that have something to read, on this thread.</summary>
    public void Publish()
    {
        TurnLogReader? only = null;
        List<TurnLogReader>? all = null;
        lock (_gate)
        {
            for (var reader = _readers; reader is not null; reader = reader.Next)
            {
                if (!reader.Armed || (_end is null && reader.Interest == ReadInterest.TheEnd))
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
            only?.Complete(ReadSignal.Events);
            return;
        }

        foreach (var reader in all)
        {
            reader.Complete(ReadSignal.Events);
        }
    }

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

            var last = LastDelta;
            if (follower.Sequence >= last)
            {
                return null;
            }

            var position = follower.Position.Segment is null ? _start : follower.Position;
            var bytes = GC.AllocateUninitializedArray<byte>(position.BytesToEnd());
            position.CopyToEnd(bytes);
            var first = follower.Sequence + 1;
            follower = new LogFollower(new LogPosition(_newest!, _newest!.Used), last);
            return new StoredEvents(first, (int)(last - first + 1), bytes);
        }
    }

    /// <summary>What is to be kept of it, once it is complete.</summary>
    internal SealedLog Seal()
    {
        lock (_gate)
        {
            return new SealedLog(_start, _firstRetained, _last, _bytes);
        }
    }

    /// <summary>Opens a reader behind <paramref name="cursor"/> (a sequence; 0 is the beginning).</summary>
    internal TurnLogReader Open(SessionId session, TurnId turn, long cursor, ReadInterest interest)
    {
        lock (_gate)
        {
            var reader = new TurnLogReader(this, session, turn, interest) { Next = _readers, Cursor = cursor, Position = _start };
            for (var passed = _firstRetained; passed <= Math.Min(cursor, LastDelta); passed++)
            {
                reader.Position.Next();
            }

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
            if (reader.Cursor < _last && (reader.Interest == ReadInterest.EveryEvent || _end is not null))
            {
                signal = ReadSignal.Events;
                return false;
            }

            if (_end is not null)
            {
                signal = ReadSignal.Ended;
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

    private long LastDelta => _end is null ? _last : _last - 1;

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

    private void DropOldest()
    {
        _bytes -= _start.Next().Length;
        _firstRetained++;
    }
}
