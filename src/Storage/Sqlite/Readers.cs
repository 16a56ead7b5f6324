using Microsoft.Data.Sqlite;
using Sluice.Core.Storage;

namespace Sluice.Storage.Sqlite;

/// <summary>All reads: a few at a time, on pooled connections. The write-ahead log lets them see the last commit without waiting for the next.</summary>
internal sealed class Readers(SqliteFile file, int atATime, int waiting) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atATime);
    private int _here;

    /// <exception cref="StorageUnavailableException">The file cannot be read, or as many wait as may.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<Statements, T> read, CancellationToken cancellationToken)
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
                // SQLite reads on the calling thread; a request's own goes on with other requests.
                return await Task.Run(() => Read(read), cancellationToken);
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

    public void Dispose() => _free.Dispose();

    private T Read<T>(Func<Statements, T> read)
    {
        try
        {
            using var statements = new Statements(file.OpenForReading());
            return read(statements);
        }
        catch (SqliteException e)
        {
            throw SqliteFaults.Of(e);
        }
        catch (Exception e) when (DamagedData.IsSaidBy(e))
        {
            throw DamagedData.Of(e);
        }
    }
}
