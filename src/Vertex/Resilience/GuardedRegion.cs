using Sluice.Core.Engines;
using Sluice.Vertex.Regions;

namespace Sluice.Vertex.Resilience;

/// <summary>A region with the circuit in front of it, and the mark that its answers carry.</summary>
internal sealed class GuardedRegion : IAsyncDisposable
{
    private readonly IEngineObserver? _observer;

    // Of the last turn that came from another region: all that come while that one is gone are of the same.
    private ServedBy? _moved;

    public GuardedRegion(EngineRegion region, ServedBy place, ResilienceOptions options, TimeProvider time, IEngineObserver? observer)
    {
        (Region, Place, _observer) = (region, place, observer);
        Circuit = new Circuit(options, time, Changed);
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

    public ValueTask DisposeAsync() => Region.DisposeAsync();

    private void Changed(CircuitState state)
    {
        Telemetry.CircuitChanged(Place, state);
        _observer?.CircuitChanged(new RegionHealth(Place.Engine, Place.Region, state, Circuit.Health.TriedAgainIn));
    }
}
