using Sluice.Bench.Engine;
using Sluice.Bench.Load;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Driver.Setups;

/// <summary>
/// How long a client waits for the first token of a turn, from sending the request on a connection that is there, to an engine that answers at once: in a session that is new, in one that is
/// at that node, and in one that is at another.
/// </summary>
internal static class FirstEvents
{
    public const string Name = HomeLoads.Prefix + "first";

    private const int Trials = 300;

    private static readonly Pacing Burst = new(20, 0);

    public static IEnumerable<SingleFigure> Measure(RunningTarget target, StubEngine engine, IReadOnlyList<string> headers)
    {
        engine.Pace(Burst);
        var (began, stayed, across) = (new Histogram(), new Histogram(), new Histogram());
        for (var trial = 0; trial < Trials; trial++)
        {
            // In turns: what drifts, drifts for all.
            began.Record(Wait(target.Port, trial, headers));
            stayed.Record(Wait(target.Port, trial, headers));
            if (target.Ports.Count > 1)
            {
                across.Record(Wait(target.Ports[1], trial, headers));
            }
        }

        (string, Histogram)[] kinds = [("new session", began), ("session at this node", stayed), ("session at another", across)];
        foreach (var (kind, waits) in kinds.Where(kind => kind.Item2.Count > 0))
        {
            yield return new SingleFigure(Name, target.Name, 1, $"{kind}, p50 ms", waits.Milliseconds(0.5)!.Value);
            yield return new SingleFigure(Name, target.Name, 1, $"{kind}, p95 ms", waits.Milliseconds(0.95)!.Value);
        }

        yield return new SingleFigure(Name, target.Name, 1, "beginning a session, p50 ms", began.Milliseconds(0.5)!.Value - stayed.Milliseconds(0.5)!.Value);
    }

    private static long Wait(int port, int trial, IReadOnlyList<string> headers)
    {
        using var exchange = new BlockingExchange(port);
        var sent = Clock.Now;
        exchange.Send("POST", "/invoke/stream", [.. headers, "Content-Type: application/json"], $$"""{"text":"ping","session_id":"first-{{trial}}"}""");
        exchange.ReadUntil("tok1@");
        var waited = Clock.Now - sent;
        exchange.ReadUntil("event: done");
        return waited;
    }
}
