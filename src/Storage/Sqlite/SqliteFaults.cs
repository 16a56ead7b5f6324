using Microsoft.Data.Sqlite;
using Sluice.Core.Storage;

namespace Sluice.Storage.Sqlite;

/// <summary>What SQLite's result codes (sqlite.org/rescode.html) mean for a store.</summary>
internal static class SqliteFaults
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int TooBig = 18;
    private const int NotADatabase = 26;

    public static StorageUnavailableException Of(SqliteException e) => e.SqliteErrorCode switch
    {
        Busy or Locked => new StorageUnavailableException(StorageFault.Locked, "Another process holds the database.", e),
        Full or TooBig => new StorageUnavailableException(StorageFault.Full, "There is no room for more in the database: the disk or a quota is full.", e),
        Corrupt or NotADatabase => new StorageUnavailableException(StorageFault.Corrupt, "The database file is damaged, or no database.", e),
        _ => new StorageUnavailableException(
            StorageFault.Unreachable, $"The database file cannot be used (SQLite result {e.SqliteErrorCode}, {e.SqliteExtendedErrorCode}).", e),
    };
}
