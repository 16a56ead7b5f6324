using System.Globalization;
using Npgsql;
using Sluice.PostgresKit;

namespace Sluice.ProcessesKit.Clusters;

/// <summary>Nodes that share what they store, the engine they ask, and the network between each of them and PostgreSQL.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    // Short, so that what takes seconds in production takes less here; and silence is noticed within a second or two.
    private static readonly string[] Settings =
    [
        "ASPNETCORE_ENVIRONMENT=Test",
        "Sluice__Logging__Format=json",
        "Sluice__Http__HeartbeatInterval=1s",
        "Sluice__Recovery__Quiet=500ms",
        "Sluice__Recovery__ReadsAtOnce=32",
        "Sluice__Hosting__DrainTime=500ms",

        // Long, for a machine that is busy with everything else besides.
        "Sluice__Hosting__HandOverTime=5s",
    ];

    private const string Gateway = "sluice.dll";
    private const string Silo = "sluice-silo.dll";

    private readonly string _directory = Keeper.MakeDirectory();
    private readonly List<Node> _nodes = [];
    private readonly List<Link> _links = [];

    private Cluster(EngineProcess engine, PostgresServer? postgres) => (Engine, Postgres) = (engine, postgres);

    public EngineProcess Engine { get; }

    /// <summary>What the nodes of a <see cref="ReplicasAsync"/> share.</summary>
    public PostgresServer? Postgres { get; }

    public IReadOnlyList<Node> Nodes => _nodes;

    public IReadOnlyList<Uri> Addresses => [.. _nodes.Select(node => node.Address)];

    /// <summary>The network between the node of the same number and PostgreSQL.</summary>
    public IReadOnlyList<Link> Links => _links;

    /// <summary>One node that stores its sessions in a file.</summary>
    public static Task<Cluster> EmbeddedAsync() => StartAsync(Gateway, postgres: null, [["Sluice__Data=data"]]);

    /// <summary>So many nodes that share a database.</summary>
    public static Task<Cluster> ReplicasAsync(int nodes) => ShareAsync(Gateway, nodes, _ => ["Sluice__Host=Replicas"]);

    /// <summary>So many silos that share a database, and behind them in the order of nodes so many front ends, which have no sessions.</summary>
    /// <param name="nodes">How many silos.</param>
    /// <param name="frontEnds">How many front ends.</param>
    /// <param name="settings">Of all of them, besides what every node is told.</param>
    public static Task<Cluster> SilosAsync(int nodes, int frontEnds = 0, params string[] settings)
    {
        var ports = FreePorts.Take(nodes * 2);
        return ShareAsync(Silo, nodes + frontEnds, number => number < nodes
            ? [$"Sluice__Silo__Port={ports[number]}", $"Sluice__Silo__GatewayPort={ports[nodes + number]}", .. settings]
            : ["Sluice__Silo__Role=FrontEnd", .. settings]);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        await Task.WhenAll(_links.Select(link => link.DisposeAsync().AsTask()));
        await Engine.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<Cluster> ShareAsync(string program, int nodes, Func<int, string[]> also)
    {
        var postgres = await PostgresServer.SharedAsync();
        var database = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        var links = Enumerable.Range(0, nodes).Select(_ => new Link(postgres.Port)).ToList();
        var settings = links.Select((link, number) =>
        {
            var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = link.Port };
            return (string[])[.. also(number), $"ConnectionStrings__Postgres={connection.ConnectionString}"];
        });
        var cluster = await StartAsync(program, postgres, [.. settings]);
        cluster._links.AddRange(links);
        return cluster;
    }

    private static async Task<Cluster> StartAsync(string program, PostgresServer? postgres, string[][] settings)
    {
        var engine = await EngineProcess.StartAsync("/");
        var cluster = new Cluster(engine, postgres);
        var ports = FreePorts.Take(settings.Length);
        for (var number = 0; number < settings.Length; number++)
        {
            var directory = Directory.CreateDirectory(Path.Combine(cluster._directory, number.ToString(CultureInfo.InvariantCulture))).FullName;
            cluster._nodes.Add(new Node(program, number, ports[number], directory, [.. Settings, .. engine.Environment, .. settings[number]]));
        }

        await Task.WhenAll(cluster._nodes.Select(node => node.StartAsync()));
        return cluster;
    }
}
