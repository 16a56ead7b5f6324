using System.Collections.Concurrent;
using Sluice.Core.Engines;

namespace Sluice.Storage.Postgres;

/// <summary>What the processes that share the database tell one another of their circuits.</summary>
internal sealed class CircuitReports(Node node, Waker waker) : ICircuitReports
{
    private readonly ConcurrentDictionary<Listening, Action<CircuitReport>> _listening = new();

    public void Tell(CircuitReport report) => waker.CircuitChanged(report);

    public IDisposable Listen(Action<CircuitReport> heard)
    {
        var listening = new Listening(this);
        _listening[listening] = heard;
        return listening;
    }

    /// <summary>One has come. The process's own come back to it as well.</summary>
    public void Heard(int from, CircuitReport report)
    {
        if (from == node.Number)
        {
            return;
        }

        foreach (var (_, heard) in _listening)
        {
            heard(report);
        }
    }

    private sealed class Listening(CircuitReports reports) : IDisposable
    {
        public void Dispose() => reports._listening.TryRemove(this, out _);
    }
}
