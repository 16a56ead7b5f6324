using System.Globalization;
using Npgsql;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>
/// Forgets what is old or too much, in small transactions. By one process at a time: the others find nothing to do. What counts is what ended turns take, about: their events,
/// and a kibibyte for each; the files of the database are larger, and the room in them is used again before they grow.
/// </summary>
internal sealed class Pruning(Connections connections, Node node)
{
    private const int TooOld = 500;
    private const int TooMuch = 100;

    public async ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            // Its own: the lock goes with it, whatever happens.
            await using var connection = await connections.OpenForUpkeepAsync(cancellationToken);
            if (await ScalarAsync(connection, "select pg_try_advisory_lock($1, $2)", cancellationToken, Sql.Int(node.Installation), Sql.Int(Node.Pruner)) is not true)
            {
                return 0;
            }

            await ScalarAsync(connection, Letters.SweepOld, cancellationToken);
            return await PruneOldAsync(connection, now - retention.Age, cancellationToken) + await PruneLargeAsync(connection, retention.Bytes, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw PostgresFaults.Of(e);
        }
    }

    private static async ValueTask<int> PruneOldAsync(NpgsqlConnection connection, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var all = 0;
        while (await PruneSomeAsync(connection, Timestamp.Write(before), TooOld, cancellationToken) is { Turns: > 0 and var some })
        {
            all += some;
        }

        return all;
    }

    private static async ValueTask<int> PruneLargeAsync(NpgsqlConnection connection, long bytes, CancellationToken cancellationToken)
    {
        var all = 0;
        var kept = Convert.ToInt64(
            await ScalarAsync(connection, "select coalesce(sum(bytes), 0) from turns where ended is not null", cancellationToken), CultureInfo.InvariantCulture);
        while (kept > bytes && await PruneSomeAsync(connection, before: null, TooMuch, cancellationToken) is { Turns: > 0 } some)
        {
            all += some.Turns;
            kept -= some.Bytes;
        }

        return all;
    }

    private static async ValueTask<(int Turns, long Bytes)> PruneSomeAsync(NpgsqlConnection connection, string? before, int turns, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select turns::integer, bytes from prune_turns($1, $2)", connection);
        command.Parameters.Add(Sql.Text(before));
        command.Parameters.Add(Sql.Int(turns));
        await using var result = await command.ExecuteReaderAsync(cancellationToken);
        await result.ReadAsync(cancellationToken);
        return (result.GetInt32(0), result.GetInt64(1));
    }

    private static async ValueTask<object?> ScalarAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(values);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
