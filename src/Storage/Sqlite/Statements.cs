using Microsoft.Data.Sqlite;

namespace Sluice.Storage.Sqlite;

/// <summary>A connection with its statements, each compiled once. Parameters are <c>$1</c>, <c>$2</c>, … in order. For one thread.</summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _compiled = new(StringComparer.Ordinal);

    public SqliteConnection Connection => connection;

    public SqliteTransaction? Transaction { get; set; }

    /// <summary>Returns how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => With(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row; null when there is none.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<object?> values) => With(sql, values).ExecuteScalar() is var value and not DBNull ? value : null;

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        var rows = new List<T>();
        using var reader = With(sql, values).ExecuteReader();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _compiled.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private SqliteCommand With(string sql, ReadOnlySpan<object?> values)
    {
        if (!_compiled.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var number = 1; number <= values.Length; number++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${number}" });
            }

            _compiled.Add(sql, command);
        }

        command.Transaction = Transaction;
        for (var at = 0; at < values.Length; at++)
        {
            command.Parameters[at].Value = values[at] ?? DBNull.Value;
        }

        return command;
    }
}
