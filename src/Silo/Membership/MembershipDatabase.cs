using Npgsql;

namespace Sluice.Silo.Membership;

/// <summary>The way to the tables of the cluster: few connections, for little is said, and short waits, for it is said again.</summary>
internal sealed class MembershipDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    private MembershipDatabase(NpgsqlDataSource source) => _source = source;

    public static MembershipDatabase Of(string connectionString) => new(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
    {
        ApplicationName = "sluice membership",
        MaxPoolSize = 4,
        Timeout = 5,
        CommandTimeout = 5,
    }));

    /// <summary>Runs a statement, and returns how many rows it changed.</summary>
    public async Task<int> ExecuteAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The rows of a query.</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        List<T> rows = [];
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private NpgsqlCommand Command(string sql, (string Name, object Value)[] parameters)
    {
        var command = _source.CreateCommand(sql);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
