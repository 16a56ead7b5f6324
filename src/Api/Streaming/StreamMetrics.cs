using System.Diagnostics.Metrics;

namespace Sluice.Api.Streaming;

/// <summary>Counts the clients that read along.</summary>
internal sealed class StreamMetrics(IMeterFactory meters)
{
    private readonly UpDownCounter<int> _active = meters.Create(Core.Telemetry.SourceName)
        .CreateUpDownCounter<int>("sluice.streams.active", "{stream}", "Clients that read a turn along.");

    public void Began() => _active.Add(1);

    public void Ended() => _active.Add(-1);
}
