using Sluice.Core.Turns;

namespace Sluice.Core.Log;

/// <summary>
/// The numbered events of one turn, held in memory within bounds. One writer, any number of readers.
/// </summary>
/// <remarks>
/// Event bytes are copied once, into segments that belong to this log alone, so that readers may hold slices for as long as they like. At the bound the oldest
/// deltas go; the first event and the end always stay, and a reader that still needed what went is given a <see cref="TurnEventKind.Gap"/>.
/// </remarks>
public sealed class TurnLog(int maxEvents, int maxBytes)
{
    private const int SecondSegment = 256;
    private const int LargestSegment = 16 * 1024;
    private const long StartedSequence = 1;

    private readonly Lock _gate = new();
    private Delta[] _deltas = [];
    private int _head;
    private int _count;
    private long _firstRetained = StartedSequence + 1;
    private long _last = StartedSequence;
    private int _bytes;
    private byte[] _segment = [];
    private int _used;
    private TurnEnd? _end;
    private TurnLogReader? _readers;

    /// <summary>Where one delta lies. Its text is a slice of the same segment, given relative to the raw bytes' start.</summary>
    private readonly record struct Delta(byte[] Segment, int Offset, int RawLength, int TextOffset, int TextLength)
    {
        /// <summary>Text that is not a part of the raw bytes follows them.</summary>
        public int Length => Math.Max(RawLength, TextOffset + TextLength);
    }

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
        var textWithinRaw = raw.Overlaps(text, out var textOffset);
        var length = textWithinRaw ? raw.Length : raw.Length + text.Length;
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            var room = Reserve(length);
            raw.CopyTo(room);
            if (!textWithinRaw)
            {
                textOffset = raw.Length;
                text.CopyTo(room[raw.Length..]);
            }

            Push(new Delta(_segment, _used, raw.Length, textOffset, text.Length));
            _used += length;
            _bytes += length;
            _last++;
            while (_count > 1 && (_bytes > maxBytes || _count > maxEvents))
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

    /// <summary>Opens a reader behind <paramref name="cursor"/> (a sequence; 0 is the beginning).</summary>
    internal TurnLogReader Open(Turn turn, long cursor, ReadInterest interest)
    {
        lock (_gate)
        {
            var reader = new TurnLogReader(this, turn, cursor, interest) { Next = _readers };
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
                var next = EventAfter(cursor);
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

    private TurnEvent EventAfter(long cursor)
    {
        var sequence = cursor + 1;
        if (sequence == StartedSequence)
        {
            return new TurnEvent { Sequence = sequence, Kind = TurnEventKind.Started };
        }

        if (sequence < _firstRetained)
        {
            return new TurnEvent { Sequence = _firstRetained - 1, Kind = TurnEventKind.Gap };
        }

        if (_end is not null && sequence == _last)
        {
            var kind = _end.State == TurnState.Completed ? TurnEventKind.Completed : TurnEventKind.Error;
            return new TurnEvent { Sequence = sequence, Kind = kind, End = _end };
        }

        ref readonly var delta = ref _deltas[(_head + (int)(sequence - _firstRetained)) & (_deltas.Length - 1)];
        return new TurnEvent
        {
            Sequence = sequence,
            Kind = TurnEventKind.Delta,
            Raw = new ReadOnlyMemory<byte>(delta.Segment, delta.Offset, delta.RawLength),
            Text = new ReadOnlyMemory<byte>(delta.Segment, delta.Offset + delta.TextOffset, delta.TextLength),
        };
    }

    private Span<byte> Reserve(int length)
    {
        if (_segment.Length - _used < length)
        {
            // A first event is often the only one, and is then kept for long: it gets just the room it needs.
            var size = _segment.Length == 0 ? length : Math.Clamp(_segment.Length * 2, Math.Max(SecondSegment, length), Math.Max(LargestSegment, length));
            _segment = new byte[size];
            _used = 0;
        }

        return _segment.AsSpan(_used, length);
    }

    private void Push(Delta delta)
    {
        if (_count == _deltas.Length)
        {
            var larger = new Delta[Math.Max(1, _deltas.Length * 2)];
            for (var i = 0; i < _count; i++)
            {
                larger[i] = _deltas[(_head + i) & (_deltas.Length - 1)];
            }

            _deltas = larger;
            _head = 0;
        }

        _deltas[(_head + _count) & (_deltas.Length - 1)] = delta;
        _count++;
    }

    private void DropOldest()
    {
        _bytes -= _deltas[_head].Length;
        _deltas[_head] = default;
        _head = (_head + 1) & (_deltas.Length - 1);
        _count--;
        _firstRetained++;
    }
}
