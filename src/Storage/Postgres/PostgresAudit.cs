using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using Sluice.Core.Audit;

namespace Sluice.Storage.Postgres;

/// <summary>Records in a table. Each process has a chain of its own, so that none waits for another's.</summary>
/// <param name="readers">The way to the database.</param>
/// <param name="kind">With what a chain's name begins.</param>
/// <param name="bytes">Of all records together.</param>
/// <param name="time">The clock.</param>
internal sealed class PostgresAudit(Readers readers, string kind, long bytes, TimeProvider time) : IAuditStore, IAuditSource
{
    private const int Page = 1000;

    private string _chain = "";

    /// <inheritdoc/>
    public async ValueTask<AuditHead> OpenAsync(CancellationToken cancellationToken)
    {
        _chain = $"{kind}-{Guid.CreateVersion7():N}";
        await ReadAsync(
            () => Sql.Statement("insert into audit_chains (chain, first_at) values ($1, $2)", Sql.Text(_chain), Sql.Text(Timestamp.Write(time.GetUtcNow()))),
            cancellationToken);
        return AuditHead.None(_chain);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> AppendAsync(AuditBatch batch, CancellationToken cancellationToken)
    {
        var there = await readers.QueryAsync(
            () => Sql.Statement(
                """
                with held as (
                    select chain from audit_chains where chain = $1 for update
                ),
                added as (
                    insert into audit_records (chain, sequence, at, record)
                    select held.chain, $2 + line.number - 1, $3, line.record from held, unnest($4) with ordinality as line (record, number)
                    on conflict do nothing returning sequence, octet_length(record) as bytes
                )
                update audit_chains c
                set bytes = c.bytes + (select coalesce(sum(added.bytes), 0) from added), last = greatest(c.last, (select max(added.sequence) from added))
                from held where c.chain = held.chain
                returning 1
                """,
                Sql.Text(_chain),
                Sql.Long(batch.First),
                Sql.Text(Timestamp.Write(batch.At)),
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea, Value = batch.Lines.Select(line => line.ToArray()).ToArray() }),
            static row => row.GetInt32(0),
            cancellationToken);
        return there.Count == 1;
    }

    /// <inheritdoc/>
    public async ValueTask<AuditHead?> FindExcessAsync(CancellationToken cancellationToken)
    {
        // Of the chain that begins with the oldest record, those that are older than what any other begins with: where one says that records of another were removed, it is there
        // for as long as that other. Its last one goes only when it is the only one, and the chain with it.
        var found = await ReadAsync(
            () => Sql.Statement(
                """
                with oldest as (
                    select chain, first, last from audit_chains where last > 0 and (select sum(bytes) from audit_chains) > $1 order by first_at, chain limit 1
                ),
                next as (
                    select min(c.first_at) as at from audit_chains c, oldest o where c.chain <> o.chain and c.last > 0
                )
                select r.record from oldest o join audit_records r on r.chain = o.chain
                where r.sequence = o.first or (r.sequence < o.last and r.sequence < o.first + $2 and r.at <= coalesce((select at from next), r.at))
                order by r.sequence desc limit 1
                """,
                Sql.Long(bytes), Sql.Long(Page)),
            cancellationToken);
        return found is [var last] && AuditRecord.Read(last) is { } record ? record.Head : null;
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(AuditHead upTo, CancellationToken cancellationToken) => await readers.ReadAsync(
        () =>
        [
            Sql.Statement(
                """
                with gone as (delete from audit_records where chain = $1 and sequence <= $2 returning octet_length(record) as bytes)
                update audit_chains c
                set bytes = c.bytes - (select coalesce(sum(gone.bytes), 0) from gone), first = $2 + 1,
                    first_at = coalesce((select at from audit_records where chain = $1 and sequence = $2 + 1), c.first_at)
                where c.chain = $1
                """,
                Sql.Text(upTo.Chain), Sql.Long(upTo.Sequence)),
            Sql.Statement("delete from audit_chains where chain = $1 and first > last", Sql.Text(upTo.Chain)),
        ],
        static _ => ValueTask.FromResult(true),
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (name, sequence) = ("", 0L);
        while (true)
        {
            var rows = await readers.QueryAsync(
                () => Sql.Statement(
                    "select chain, sequence, record from audit_records where (chain, sequence) > ($1, $2) order by chain, sequence limit $3",
                    Sql.Text(name), Sql.Long(sequence), Sql.Long(Page)),
                static row => (Chain: row.GetString(0), Sequence: row.GetInt64(1), Record: (byte[])row[2]),
                cancellationToken);
            foreach (var row in rows)
            {
                yield return new StoredRecord(row.Chain, string.Create(CultureInfo.InvariantCulture, $"chain {row.Chain}, sequence {row.Sequence}"), row.Record);
            }

            if (rows.Count < Page)
            {
                yield break;
            }

            (name, sequence) = (rows[^1].Chain, rows[^1].Sequence);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<List<byte[]>> ReadAsync(Func<NpgsqlBatchCommand> statement, CancellationToken cancellationToken) =>
        readers.QueryAsync(statement, static row => (byte[])row[0], cancellationToken);
}
