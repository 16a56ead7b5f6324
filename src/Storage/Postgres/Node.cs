using System.Globalization;
using Npgsql;

namespace Sluice.Storage.Postgres;

/// <summary>A process among those that share a database, and how the others know it.</summary>
/// <param name="Installation">Number of the schema.</param>
/// <param name="Number">Number of the process, which no other ever has.</param>
internal sealed record Node(int Installation, int Number)
{
    /// <summary>Of the lock that is held by the one who forgets what is old; no process has it.</summary>
    public const int Pruner = 0;

    public static async Task<Node> NewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select number, nextval('nodes')::integer from installation", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Node(reader.GetInt32(0), reader.GetInt32(1));
    }

    /// <summary>Of the channel on which every process listens; no process has it.</summary>
    public const int Everyone = 0;

    /// <summary>Where a process listens, besides where all do.</summary>
    public string Channel(int node) => string.Create(CultureInfo.InvariantCulture, $"sluice_{Installation}_node_{node}");
}
