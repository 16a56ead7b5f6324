using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;

namespace Sluice.ProcessesKit.Checks;

/// <summary>Asks every node and the engine about every turn, when all is over.</summary>
internal static class Examination
{
    private const int AtATime = 16;

    /// <param name="cluster">All of its nodes have to be up.</param>
    /// <param name="views">What was seen, in any order.</param>
    public static async Task<IReadOnlyList<TurnEvidence>> OfAsync(Cluster cluster, IReadOnlyCollection<TurnView> views)
    {
        var runs = await cluster.Engine.TurnsAsync();
        var evidence = new ConcurrentBag<TurnEvidence>();
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        await Parallel.ForEachAsync(
            views.GroupBy(view => view.Question),
            new ParallelOptions { MaxDegreeOfParallelism = AtATime },
            async (turn, _) =>
            {
                var id = turn.Select(view => view.Turn).FirstOrDefault(known => known is not null);
                var nodes = id is null ? [] : await Task.WhenAll(cluster.Nodes.Select(node => AskAsync(client, node, turn.Key, id)));
                evidence.Add(new TurnEvidence(turn.Key, [.. turn], nodes, runs.GetValueOrDefault(turn.Key.Text)));
            });
        return [.. evidence];
    }

    private static async Task<NodeView> AskAsync(HttpClient client, Node node, Question question, string turn)
    {
        var path = new Uri(node.Address, $"/sessions/{question.Session}/turns/{turn}").ToString();
        using var answer = await client.GetAsync(path);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            return new NodeView(node.Number, null, [], []);
        }

        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var state = json.RootElement.GetProperty("state").GetString();

        // Of a turn that has no end there is no last event to wait for.
        return state is "completed" or "failed" or "unknown" or "cancelled"
            ? new NodeView(node.Number, state, await ReadAsync(client, path + "/events?format=events"), await ReadAsync(client, path + "/events"))
            : new NodeView(node.Number, state, [], []);
    }

    private static async Task<IReadOnlyList<SeenEvent>> ReadAsync(HttpClient client, string path)
    {
        var events = new List<SeenEvent>();
        await using var body = await client.GetStreamAsync(path);
        await foreach (var item in SseParser.Create(body).EnumerateAsync())
        {
            events.Add(new SeenEvent(long.Parse(item.EventId.AsSpan(item.EventId!.LastIndexOf(':') + 1), CultureInfo.InvariantCulture), item.EventType, item.Data));
        }

        return events;
    }
}
