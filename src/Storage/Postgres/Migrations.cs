using System.Globalization;
using Npgsql;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>
/// The schema, as the steps that led to it, in <c>Schema</c>. A step that has been released is never changed: what comes later is a step of its own. All that are missing are
/// applied in one transaction, under a lock, so that of several processes which start at once the first does it and the others find it done. Versions run side by side while
/// nodes are replaced: a step keeps what the one before it calls.
/// </summary>
internal static class Migrations
{
    /// <summary>One for the whole database: the first step is what tells schemas apart.</summary>
    private const long Lock = 0x536C75696365;

    /// <summary>In the order in which they are applied, which is that of their numbers wherever all are missing.</summary>
    private static readonly int[] Steps = [1, 2, 3, 4];

    /// <exception cref="StorageUnavailableException">The database was written by a later version.</exception>
    public static async Task ApplyAsync(NpgsqlConnection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"select pg_advisory_xact_lock({Lock})"), cancellationToken);
        await ExecuteAsync(connection, "create table if not exists migrations (number integer primary key, applied_at text not null)", cancellationToken);
        var applied = await AppliedAsync(connection, cancellationToken);
        if (applied.Find(number => number > Steps[^1]) is > 0 and var later)
        {
            throw new StorageUnavailableException(
                StorageFault.Corrupt, $"The database is of a later version: it has step {later}, this program knows {Steps[^1]}.");
        }

        foreach (var number in Steps.Except(applied))
        {
            await ExecuteAsync(connection, Step(number), cancellationToken);
            await ExecuteAsync(
                connection,
                string.Create(CultureInfo.InvariantCulture, $"insert into migrations (number, applied_at) values ({number}, '{Timestamp.Write(now)}')"),
                cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<List<int>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select number from migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new List<int>();
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetInt32(0));
        }

        return applied;
    }

    private static string Step(int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"Postgres/{number:0000}.sql");
        using var reader = new StreamReader(typeof(Migrations).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name));
        return reader.ReadToEnd();
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
