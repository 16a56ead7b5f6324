namespace Sluice.Bench.Driver.Setups;

/// <summary>A way to set the gateway up, to be compared with another.</summary>
/// <param name="Name">As it stands in the tables.</param>
/// <param name="Environment">What makes a gateway be so, given where a fresh database is to be had.</param>
internal sealed record Setup(string Name, Func<DatabaseServer, (string Key, string Value)[]> Environment)
{
    private const string Database = "ConnectionStrings__Postgres";

    /// <summary>How many gateways share it.</summary>
    public int Nodes { get; init; } = 1;

    /// <summary>Header lines of every request.</summary>
    public string[] Headers { get; init; } = [];

    public Target Applied(Target gateway, DatabaseServer database)
    {
        var environment = new Dictionary<string, string>(gateway.Environment, StringComparer.Ordinal);
        foreach (var (key, value) in Environment(database))
        {
            environment[key] = value;
        }

        return gateway with { Name = Name, Environment = environment, Nodes = Nodes, Database = environment.ContainsKey(Database) ? database.ProcessId : null };
    }
}
