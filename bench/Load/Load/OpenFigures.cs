using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>What became of the requests that left within one run of an <see cref="OpenLoop"/>.</summary>
internal sealed class OpenFigures
{
    private readonly long _started = Clock.Now;

    public long Offered { get; private set; }

    /// <summary>Of the answers that were 200: from sending the request to the last byte.</summary>
    public Histogram Answered { get; } = new();

    /// <summary>The same of the answers that say the circuit is open.</summary>
    public Histogram Refused { get; } = new();

    /// <summary>The same of all others.</summary>
    public Histogram Failed { get; } = new();

    /// <summary>From when a request should have left to when it did: what the load itself is off by.</summary>
    public Histogram Late { get; } = new();

    public string? FirstFailure { get; private set; }

    /// <summary>Seconds from the start to the first 200; null without one.</summary>
    public double? FirstAnswered { get; private set; }

    /// <summary>Seconds from the start to the first refusal; null without one.</summary>
    public double? FirstRefused { get; private set; }

    public long Unanswered => Offered - Answered.Count - Refused.Count - Failed.Count;

    public void Left(long due)
    {
        Offered++;
        Late.Record(Clock.Now - due);
    }

    /// <param name="sent">When its request left, by <see cref="Clock"/>.</param>
    /// <param name="failure">What came instead of a 200; null for one.</param>
    public void Ended(long sent, string? failure)
    {
        var now = Clock.Now;
        var after = (now - _started) / (double)Clock.Second;
        if (failure is null)
        {
            Answered.Record(now - sent);
            FirstAnswered ??= after;
        }
        else if (failure.Contains("engine_circuit_open", StringComparison.Ordinal))
        {
            Refused.Record(now - sent);
            FirstRefused ??= after;
        }
        else
        {
            Failed.Record(now - sent);
            FirstFailure ??= failure;
        }
    }
}
