namespace Sluice.Bench.Driver.Setups;

/// <summary>Where sessions live, and so what a turn costs to be found again. The first is what the others are compared with.</summary>
internal static class Homes
{
    public static readonly Setup[] All =
    [
        new("memory", _ => [("Sluice__Data", "memory")]),
        new("sqlite", _ => [("Sluice__Data", "{run}")]),
        Shared("postgres", nodes: 1),
        Shared("postgres3", nodes: 3),
        Cluster("silo", nodes: 1),
        Cluster("silo2", nodes: 2),
        Cluster("silo3", nodes: 3),
    ];

    private static Setup Shared(string name, int nodes) =>
        new(name, database => [("Sluice__Host", "Replicas"), ("ConnectionStrings__Postgres", database.Fresh(name))]) { Nodes = nodes };

    private static Setup Cluster(string name, int nodes) => new(
        name,
        database => [("ConnectionStrings__Postgres", database.Fresh(name)), ("Sluice__Silo__Port", "{port}"), ("Sluice__Silo__GatewayPort", "{port}")])
    {
        Nodes = nodes,
        IsCluster = true,
    };
}
