using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Sluice.Storage.Sqlite;

/// <summary>Opens connections to the file.</summary>
internal sealed class SqliteFile(SqliteOptions options)
{
    /// <summary>
    /// The one that writes. Write-ahead log, so that readers and the writer do not wait for each other; every commit is synced to disk, so that what was
    /// acknowledged outlives the machine and not only the process. Room that is freed is given back a few pages at a time.
    /// </summary>
    public SqliteConnection OpenForWriting()
    {
        var connection = Open(SqliteOpenMode.ReadWriteCreate, pooling: false);
        Execute(connection, "pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;");
        if (options.MaxPages is { } pages)
        {
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"pragma max_page_count = {pages};"));
        }

        return connection;
    }

    public SqliteConnection OpenForReading() => Open(SqliteOpenMode.ReadWrite, pooling: true);

    public void Release()
    {
        using var any = new SqliteConnection(ConnectionString(SqliteOpenMode.ReadWrite, pooling: true));
        SqliteConnection.ClearPool(any);
    }

    private SqliteConnection Open(SqliteOpenMode mode, bool pooling)
    {
        var connection = new SqliteConnection(ConnectionString(mode, pooling));
        try
        {
            connection.Open();
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"pragma busy_timeout = {(int)options.BusyTimeout.TotalMilliseconds};"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // SQLite's own wait for locks is exact; the client's, which comes on top, looks every 150 ms and counts whole seconds.
    private string ConnectionString(SqliteOpenMode mode, bool pooling) => new SqliteConnectionStringBuilder
    {
        DataSource = options.Path,
        Mode = mode,
        Pooling = pooling,
        DefaultTimeout = Math.Max(1, (int)options.BusyTimeout.TotalSeconds),
    }.ToString();

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
