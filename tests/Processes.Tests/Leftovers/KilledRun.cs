using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clusters;

namespace Sluice.Processes.Tests.Leftovers;

/// <summary>A test run with everything running that tests have, which says so and waits to be killed.</summary>
internal static class KilledRun
{
    public const string Ready = "everything runs";

    public static async Task Main()
    {
        await using var cluster = await Cluster.EmbeddedAsync();
        await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await Console.Out.WriteLineAsync(Ready);
        await Task.Delay(Timeout.Infinite);
    }
}
