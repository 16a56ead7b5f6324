using Microsoft.Data.Sqlite;

namespace Sluice.Storage.Tests.Sqlite;

/// <summary>A directory for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sluice-store-").FullName;

    public string File => System.IO.Path.Combine(Path, "sluice.db");

    /// <summary>Asks the file itself.</summary>
    public T? Scalar<T>(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T?)command.ExecuteScalar();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
