namespace Sluice.Core.Log;

/// <summary>
/// Where a host keeps the events of ended turns: one behind the other in arrays so large that the collector leaves them where they are. A host remembers tens of
/// megabytes of events; copied from generation to generation, each collection would stop every stream for tens of milliseconds.
/// </summary>
/// <remarks>
/// Nothing is written twice, so readers may hold slices for as long as they like; a slab is the collector's when nobody holds a turn of it. Until its last turn is forgotten a slab
/// counts as a whole, for that is what it holds in memory.
/// </remarks>
public sealed class LogSlabs
{
    /// <summary>Above the size from which .NET puts an array on its large object heap (85 000 bytes), and not much: what is left of a slab is not used.</summary>
    private const int LargestSlab = 128 * 1024;

    /// <summary>Of a small bound, a slab is a small part; its events then take part in collections like any other.</summary>
    private const int SlabsInBound = 64;

    /// <summary>Larger logs stay in their own segments: a quarter of a slab at most is lost at its end.</summary>
    private const int LogsInSlab = 4;

    private readonly Lock _gate = new();
    private readonly int _slabSize;
    private LogSlab? _open;
    private long _bytes;

    /// <param name="bound">Bytes the host may remember.</param>
    public LogSlabs(long bound) => _slabSize = (int)Math.Min(LargestSlab, bound / SlabsInBound);

    /// <summary>Bytes of events held, those of forgotten turns in slabs that are held for others included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Takes the events of a complete log over, until <see cref="Release"/>.</summary>
    internal SealedLog Keep(in SealedLog log)
    {
        var size = log.Start.BytesToEnd();
        if (size == 0 || size > _slabSize / LogsInSlab)
        {
            Interlocked.Add(ref _bytes, log.Bytes);
            return log with { Start = log.Start.Trimmed() };
        }

        LogSlab slab;
        int offset;
        lock (_gate)
        {
            if (_open is null || _open.Room < size)
            {
                _open = new LogSlab(_slabSize);
            }

            slab = _open;
            offset = slab.Reserve(size);
            slab.Turns++;
            Interlocked.Add(ref _bytes, size);
        }

        log.Start.CopyToEnd(slab.Span(offset, size));
        return log with { Start = new LogPosition(slab, offset) };
    }

    internal void Release(in SealedLog log)
    {
        if (log.Start.Segment is not LogSlab slab)
        {
            Interlocked.Add(ref _bytes, -log.Bytes);
            return;
        }

        lock (_gate)
        {
            if (--slab.Turns > 0)
            {
                return;
            }

            Interlocked.Add(ref _bytes, -slab.Used);
            if (ReferenceEquals(slab, _open))
            {
                _open = null;
            }
        }
    }

    private sealed class LogSlab(int size) : LogSegment(GC.AllocateUninitializedArray<byte>(size))
    {
        /// <summary>Turns whose events it holds.</summary>
        public int Turns { get; set; }
    }
}
