namespace Sluice.Core.Audit;

/// <summary>Looks at every record of every chain: is it what was hashed, does it hang on the one before it, and was what is missing in front removed on the record.</summary>
public sealed class AuditVerification
{
    private readonly Dictionary<string, (ReadRecord First, string FirstPlace, AuditHead Last)> _chains = new(StringComparer.Ordinal);
    private readonly HashSet<AuditHead> _removed = [];

    public long Records { get; private set; }

    /// <summary>The last record of each chain.</summary>
    public IReadOnlyList<AuditHead> Heads => [.. _chains.Values.Select(chain => chain.Last)];

    /// <returns>The first record that breaks its chain, and why; null: none does.</returns>
    public async ValueTask<BrokenRecord?> RunAsync(IAuditSource source, CancellationToken cancellationToken)
    {
        await foreach (var stored in source.ReadAsync(cancellationToken))
        {
            if (Look(stored) is { } broken)
            {
                return broken;
            }
        }

        // Who removed what may stand in another chain, so this comes last.
        foreach (var (first, place, _) in _chains.Values)
        {
            var before = first.Head with { Sequence = first.Head.Sequence - 1, Hash = first.Previous };
            if (before != AuditHead.None(before.Chain) && !_removed.Contains(before))
            {
                return new BrokenRecord(place, $"it is number {first.Head.Sequence} and the first of chain {before.Chain}; no record says that those before it were removed");
            }
        }

        return null;
    }

    private BrokenRecord? Look(StoredRecord stored)
    {
        if (AuditRecord.Read(stored.Line.Span) is not { } record)
        {
            return new BrokenRecord(stored.Place, "it is not what was written: its hash is not that of its content");
        }

        if (record.Head.Chain != stored.Chain)
        {
            return new BrokenRecord(stored.Place, $"it is of another chain, {record.Head.Chain}");
        }

        if (_chains.TryGetValue(stored.Chain, out var chain))
        {
            if (record.Head.Sequence != chain.Last.Sequence + 1)
            {
                return new BrokenRecord(stored.Place, $"it is number {record.Head.Sequence} and comes behind number {chain.Last.Sequence}");
            }

            if (record.Previous != chain.Last.Hash)
            {
                return new BrokenRecord(stored.Place, $"it does not hang on the record before it, number {chain.Last.Sequence}, which is another than was there");
            }

            _chains[stored.Chain] = chain with { Last = record.Head };
        }
        else
        {
            _chains[stored.Chain] = (record, stored.Place, record.Head);
        }

        if (record.UpTo is { } upTo)
        {
            _removed.Add(upTo);
        }

        Records++;
        return null;
    }
}

/// <summary>Where a trail is broken.</summary>
/// <param name="Place">Where the record was found.</param>
/// <param name="Why">For a person.</param>
public sealed record BrokenRecord(string Place, string Why);
