namespace Sluice.Bench.Load;

/// <summary>What a load has counted. Rates and times belong to the window; what went wrong belongs to the whole load, ramp and drain included.</summary>
internal sealed class LoadFigures
{
    private bool _windowEnded;

    public long Requests { get; private set; }

    public long Events { get; private set; }

    /// <summary>From the request's first byte sent to the response's last byte read.</summary>
    public Histogram Duration { get; } = new();

    /// <summary>From the engine sending an event to the load reading it.</summary>
    public Histogram Lag { get; } = new();

    public long Lost { get; set; }

    public long Repeated { get; set; }

    public long ErrorEvents { get; set; }

    /// <summary>Streams that ended with an event named done.</summary>
    public long SaidDone { get; set; }

    public long FailedRequests { get; set; }

    public string? FirstFailure { get; set; }

    public void StartWindow()
    {
        Requests = 0;
        Events = 0;
        Duration.Clear();
        Lag.Clear();
    }

    public void EndWindow() => _windowEnded = true;

    public void CountRequest(long duration)
    {
        if (!_windowEnded)
        {
            Requests++;
            Duration.Record(duration);
        }
    }

    public void CountEvent(long lag)
    {
        if (!_windowEnded)
        {
            Events++;
            Lag.Record(lag);
        }
    }
}
