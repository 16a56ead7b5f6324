using Sluice.Bench.Engine;
using Sluice.Bench.Load;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Driver.Setups;

/// <summary>
/// How long a client waits that lost its stream and goes on by its cursor: from opening the connection to the first event behind it. Of turns that still run and of
/// turns that have ended, at the node that had them and at another.
/// </summary>
internal static class Resumption
{
    public const string Name = HomeLoads.Prefix + "resume";

    private const int Trials = 60;

    /// <summary>Of the running turn: by then its first events are stored everywhere, and most are still to come.</summary>
    private const int SeenEvents = 25;

    private static readonly Pacing Running = new(100, 20);
    private static readonly Pacing Burst = new(20, 0);

    public static IEnumerable<SingleFigure> Measure(RunningTarget target, StubEngine engine, IReadOnlyList<string> headers)
    {
        int[] nodes = target.Ports.Count == 1 ? [0] : [0, 1];
        foreach (var node in nodes)
        {
            foreach (var isRunning in (bool[])[true, false])
            {
                engine.Pace(isRunning ? Running : Burst);
                var waits = new Histogram();
                for (var trial = 0; trial < Trials; trial++)
                {
                    waits.Record(Wait(target, target.Ports[node], $"resume-{node}-{isRunning}-{trial}", isRunning, headers));
                }

                var what = $"{(isRunning ? "running" : "ended")}, {(node == 0 ? "same" : "other")} node";
                yield return new SingleFigure(Name, target.Name, 1, $"{what}, p50 ms", waits.Milliseconds(0.5)!.Value);
                yield return new SingleFigure(Name, target.Name, 1, $"{what}, p95 ms", waits.Milliseconds(0.95)!.Value);
            }
        }
    }

    private static long Wait(RunningTarget target, int port, string session, bool isRunning, IReadOnlyList<string> headers)
    {
        string turn;
        using (var first = new BlockingExchange(target.Port))
        {
            first.Send("POST", "/invoke/stream", [.. headers, "Content-Type: application/json"], $$"""{"text":"ping","session_id":"{{session}}"}""");
            first.ReadUntil(isRunning ? $":{SeenEvents}\n" : "event: done");
            turn = first.Header("X-Turn-Id");
        }

        var path = $"/sessions/{session}/turns/{turn}";
        var begun = Clock.Now;
        using (var again = new BlockingExchange(port))
        {
            again.Send("GET", $"{path}/events", [.. headers, $"Last-Event-ID: {turn}:1"]);
            again.ReadUntil($"id: {turn}:2\n");
        }

        var waited = Clock.Now - begun;
        if (isRunning)
        {
            using var cancel = new BlockingExchange(target.Port);
            cancel.Send("POST", $"{path}:cancel", headers);
            cancel.ReadUntil("turn_id");
        }

        return waited;
    }
}
