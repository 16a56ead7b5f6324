using System.Runtime.InteropServices;

namespace Sluice.Api.Metrics;

/// <summary>The series of one instrument by their tags. Finding one takes no lock and allocates nothing; making one does both.</summary>
/// <param name="bound">Most series. What comes beyond is measured together, under <see cref="OverflowTags"/>.</param>
/// <param name="make">Makes a series with these labels.</param>
internal sealed class SeriesTable(int bound, Func<byte[], Series> make)
{
    private const int SmallestSize = 8;

    /// <summary>Tags can be told in another order, or with some that are no label: so many ways for each series are found quickly.</summary>
    private const int Spellings = 4;

    // OpenTelemetry's name for it: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute
    private static readonly KeyValuePair<string, object?>[] OverflowTags = [new("otel_metric_overflow", true)];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Series> _byLabels = new(StringComparer.Ordinal);
    private Entry?[] _entries = new Entry?[SmallestSize];
    private int _count;

    public Series Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = HashOf(tags);
        return Find(Volatile.Read(ref _entries), hash, tags) ?? Enter(hash, tags);
    }

    /// <summary>All there are, in the order of their labels.</summary>
    public Series[] All()
    {
        lock (_gate)
        {
            return [.. _byLabels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)];
        }
    }

    private static Series? Find(Entry?[] entries, int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        for (var entry = Volatile.Read(ref entries[hash & (entries.Length - 1)]); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && AreEqual(entry.Tags, tags))
            {
                return entry.Series;
            }
        }

        return null;
    }

    private static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // Names differ between instruments, not between the measurements of one.
        var hash = tags.Length;
        foreach (var tag in tags)
        {
            hash = (hash * 31) + (tag.Value?.GetHashCode() ?? 0);
        }

        return hash ^ (hash >>> 15);
    }

    private static bool AreEqual(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }

        for (var i = 0; i < known.Length; i++)
        {
            if (!string.Equals(known[i].Key, tags[i].Key, StringComparison.Ordinal) || !Equals(known[i].Value, tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private Series Enter(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            if (Find(_entries, hash, tags) is { } made)
            {
                return made;
            }

            var labels = Labels.Of(tags);
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                if (_byLabels.Count >= bound)
                {
                    return Make(Labels.Of(OverflowTags));
                }

                series = Make(labels);
            }

            if (_count < bound * Spellings)
            {
                Link(new Entry(hash, tags.ToArray(), series));
            }

            return series;
        }
    }

    private Series Make(string labels)
    {
        ref var series = ref CollectionsMarshal.GetValueRefOrAddDefault(_byLabels, labels, out _);
        return series ??= make(Labels.Utf8(labels));
    }

    private void Link(Entry entry)
    {
        var entries = _entries;
        if (++_count > entries.Length)
        {
            // Those who look meanwhile look in the old one, or come here.
            entries = new Entry?[entries.Length * 2];
            foreach (var head in _entries)
            {
                for (var old = head; old is not null; old = old.Next)
                {
                    Put(entries, new Entry(old.Hash, old.Tags, old.Series));
                }
            }
        }

        Put(entries, entry);
        Volatile.Write(ref _entries, entries);
    }

    private static void Put(Entry?[] entries, Entry entry)
    {
        ref var head = ref entries[entry.Hash & (entries.Length - 1)];
        entry.Next = head;
        Volatile.Write(ref head, entry);
    }

    private sealed class Entry(int hash, KeyValuePair<string, object?>[] tags, Series series)
    {
        public int Hash => hash;

        public KeyValuePair<string, object?>[] Tags => tags;

        public Series Series => series;

        public Entry? Next { get; set; }
    }
}
