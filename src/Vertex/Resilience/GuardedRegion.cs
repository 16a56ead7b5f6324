using Sluice.Core.Engines;
using Sluice.Vertex.Regions;

namespace Sluice.Vertex.Resilience;

/// <summary>A region with the circuit in front of it, and the mark that its answers carry.</summary>
internal sealed class GuardedRegion : IAsyncDisposable
{
    private readonly string _resource;
    private readonly IEngineObserver? _observer;
    private readonly ICircuitReports? _reports;
    private readonly IDisposable? _listening;

    // Of the last turn that came from another region: all that come while that one is gone are of the same.
    private ServedBy? _moved;

    /// <param name="region">The region. Owned.</param>
    /// <param name="resource">Full name of the engine there.</param>
    /// <param name="place">The mark.</param>
    /// <param name="options">Of the circuit; validated.</param>
    /// <param name="time">The clock.</param>
    /// <param name="observer">Told of the circuit's changes.</param>
    /// <param name="reports">Where processes tell one another of their circuits.</param>
    public GuardedRegion(
        EngineRegion region, EngineName resource, ServedBy place, ResilienceOptions options, TimeProvider time, IEngineObserver? observer, ICircuitReports? reports)
    {
        (Region, Place, _observer, _reports) = (region, place, observer, reports);
        _resource = resource.ToString();
        Circuit = new Circuit(options, time, Changed);
        _listening = reports?.Listen(Heard);
    }

    public EngineRegion Region { get; }

    public Circuit Circuit { get; }

    public ServedBy Place { get; }

    public RegionHealth Health
    {
        get
        {
            var (state, triedAgainIn) = Circuit.Health;
            return new RegionHealth(Place.Engine, Place.Region, state, triedAgainIn);
        }
    }

    /// <param name="home">The region that holds the turn's engine session; null: none does.</param>
    public ServedBy PlaceFor(string? home)
    {
        if (home is null || string.Equals(home, Place.Region, StringComparison.Ordinal))
        {
            return Place;
        }

        var moved = Volatile.Read(ref _moved);
        if (!string.Equals(moved?.MovedFrom, home, StringComparison.Ordinal))
        {
            Volatile.Write(ref _moved, moved = Place with { MovedFrom = home });
        }

        return moved!;
    }

    public ValueTask DisposeAsync()
    {
        _listening?.Dispose();
        return Region.DisposeAsync();
    }

    private void Changed(CircuitState state, CircuitCause cause)
    {
        var health = new RegionHealth(Place.Engine, Place.Region, state, Circuit.Health.TriedAgainIn);
        Telemetry.CircuitChanged(Place, state);
        _observer?.CircuitChanged(health, isReported: cause == CircuitCause.Report);
        if (cause == CircuitCause.Verdict)
        {
            _reports?.Tell(new CircuitReport(_resource, state == CircuitState.Open ? health.TriedAgainIn ?? TimeSpan.Zero : null));
        }
    }

    private void Heard(CircuitReport report)
    {
        if (!string.Equals(report.Resource, _resource, StringComparison.Ordinal))
        {
            return;
        }

        if (report.TriedAgainIn is { } triedAgainIn)
        {
            Circuit.HeardFailing(triedAgainIn);
        }
        else
        {
            Circuit.HeardWell();
        }
    }
}
