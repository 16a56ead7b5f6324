using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>The same open loop on several gateways at once, on the calling thread: what disturbs one, disturbs all.</summary>
internal sealed class OpenLoop : IDisposable
{
    private readonly EventLoop _events = new();
    private readonly OpenLane[] _lanes;

    public OpenLoop(IEnumerable<int> ports) => _lanes = [.. ports.Select(port => new OpenLane(_events, port))];

    /// <summary>
    /// Figures in the order of the ports. They are complete when the requests still open have ended: <see cref="Drain"/>, after the last of the runs that follow
    /// each other.
    /// </summary>
    public OpenFigures[] Run(OpenPlan plan)
    {
        var figures = Array.ConvertAll(_lanes, _ => new OpenFigures());
        var requests = Array.ConvertAll(_lanes, lane => plan.Request(lane.Port));
        var start = Clock.Now;
        for (long left = 0, total = (long)plan.Requests * _lanes.Length; left < total;)
        {
            // The gateways take turns, so that they are not asked all at the same moment.
            for (long due; left < total && (due = start + (left * Clock.Second / (plan.Rate * _lanes.Length))) <= Clock.Now; left++)
            {
                var lane = left % _lanes.Length;
                figures[lane].Left(due);
                _lanes[lane].Take().Start(requests[lane], figures[lane]);
            }

            _events.Wait(1);
        }

        return figures;
    }

    /// <summary>Reads the answers of <paramref name="figures"/> that are still to come, for as long as <paramref name="patience"/>.</summary>
    public void Drain(IReadOnlyCollection<OpenFigures> figures, TimeSpan patience)
    {
        for (var end = Clock.Now + (patience.Ticks * TimeSpan.NanosecondsPerTick); Clock.Now < end && figures.Any(open => open.Unanswered > 0);)
        {
            _events.Wait(1);
        }
    }

    public void Dispose()
    {
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }

        _events.Dispose();
    }
}
