namespace Sluice.Bench.Driver.Homes;

/// <summary>Where sessions live, and so what a turn costs to be found again.</summary>
/// <param name="Name">As it stands in the tables.</param>
/// <param name="Nodes">How many gateways share it.</param>
/// <param name="Environment">What makes a gateway live there, given where a fresh database is to be had.</param>
internal sealed record Home(string Name, int Nodes, Func<DatabaseServer, (string Key, string Value)[]> Environment)
{
    public static readonly Home Memory = new("memory", 1, _ => [("Sluice__Data", "memory")]);

    public static readonly Home Sqlite = new("sqlite", 1, _ => [("Sluice__Data", "{run}")]);

    public static readonly Home[] All = [Memory, Sqlite, Shared("postgres", nodes: 1), Shared("postgres3", nodes: 3)];

    public Target Applied(Target gateway, DatabaseServer database)
    {
        var environment = new Dictionary<string, string>(gateway.Environment, StringComparer.Ordinal);
        foreach (var (key, value) in Environment(database))
        {
            environment[key] = value;
        }

        var isShared = environment.ContainsKey("ConnectionStrings__Postgres");
        return gateway with { Name = Name, Environment = environment, Nodes = Nodes, Database = isShared ? database.ProcessId : null };
    }

    private static Home Shared(string name, int nodes) =>
        new(name, nodes, database => [("Sluice__Host", "Replicas"), ("ConnectionStrings__Postgres", database.Fresh(name))]);
}
