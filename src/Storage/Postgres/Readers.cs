using Npgsql;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>All reads, and what is written without regard to order: a few at a time, on pooled connections.</summary>
internal sealed class Readers(NpgsqlDataSource pool, int atATime, int waiting) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(atATime);
    private int _here;

    /// <param name="statements">Sent in one round trip.</param>
    /// <param name="read">Reads the results.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StorageUnavailableException">The database cannot be read, or as many wait as may.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<NpgsqlBatchCommand[]> statements, Func<NpgsqlDataReader, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _here) > atATime + waiting)
            {
                throw new StorageUnavailableException(StorageFault.Busy, "As many wait to read from the store as may.");
            }

            await _free.WaitAsync(cancellationToken);
            try
            {
                return await ReadNowAsync(statements, read, cancellationToken);
            }
            finally
            {
                _free.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _here);
        }
    }

    /// <summary>One statement.</summary>
    public ValueTask<List<T>> QueryAsync<T>(Func<NpgsqlBatchCommand> statement, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        ReadAsync(() => [statement()], result => RowsAsync(result, read), cancellationToken);

    public static async ValueTask<List<T>> RowsAsync<T>(NpgsqlDataReader result, Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        while (await result.ReadAsync())
        {
            rows.Add(read(result));
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await pool.DisposeAsync();
        _free.Dispose();
    }

    private async ValueTask<T> ReadNowAsync<T>(Func<NpgsqlBatchCommand[]> statements, Func<NpgsqlDataReader, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                await using var connection = await pool.OpenConnectionAsync(cancellationToken);
                await using var batch = new NpgsqlBatch(connection);
                foreach (var statement in statements())
                {
                    batch.BatchCommands.Add(statement);
                }

                await using var result = await batch.ExecuteReaderAsync(cancellationToken);
                return await read(result);
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Also when the one who asked has just left: what the database is to blame for is told as that.

                // The connection may be in any state, and all others in the pool as well when it had waited there while the server was started anew.
                pool.Clear();
                if (isAgain || !IsStale(e))
                {
                    throw PostgresFaults.Of(e);
                }
            }
        }
    }

    private static bool IsStale(Exception e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.IdleSessionTimeout }
        || e is NpgsqlException { InnerException: IOException };
}
