using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Sluice.Storage.Sqlite;

/// <summary>The times that the file was opened. Only one process uses it: whatever another run holds, nobody does.</summary>
internal static class Runs
{
    /// <summary>The number of this one.</summary>
    public static long Begin(SqliteConnection connection, DateTimeOffset now)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "delete from runs; insert into runs (opened_at) values ($1) returning number";
        command.Parameters.AddWithValue("$1", Timestamp.Write(now));
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
