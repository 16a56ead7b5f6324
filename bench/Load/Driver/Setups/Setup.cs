namespace Sluice.Bench.Driver.Setups;

/// <summary>A way to set the gateway up, to be compared with another.</summary>
/// <param name="Name">As it stands in the tables.</param>
/// <param name="Environment">What makes a gateway be so, given where a fresh database is to be had.</param>
internal sealed record Setup(string Name, Func<DatabaseServer, (string Key, string Value)[]> Environment)
{
    private const string Database = "ConnectionStrings__Postgres";

    /// <summary>How many gateways share it.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>It is the silo that runs there, and not the gateway.</summary>
    public bool IsCluster { get; init; }

    /// <summary>Header lines of every request.</summary>
    public string[] Headers { get; init; } = [];

    /// <param name="program">The gateway, or the silo where <see cref="IsCluster"/>.</param>
    /// <param name="database">What it may store in.</param>
    public Target Applied(Target program, DatabaseServer database)
    {
        var environment = new Dictionary<string, string>(program.Environment, StringComparer.Ordinal);
        foreach (var (key, value) in Environment(database))
        {
            environment[key] = value;
        }

        return program with { Name = Name, Environment = environment, Nodes = Nodes, Database = environment.ContainsKey(Database) ? database.ProcessId : null };
    }
}
