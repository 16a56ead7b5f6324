namespace Sluice.Core.Engines;

/// <summary>State of the circuit breaker in front of one engine in one region.</summary>
public enum CircuitState : byte
{
    Closed,

    /// <summary>One call is let through, to see.</summary>
    HalfOpen,

    /// <summary>No call is made.</summary>
    Open,
}

/// <summary>One engine in one region, as it was at one moment.</summary>
/// <param name="Engine">Configured name of the engine.</param>
/// <param name="Region">Its region.</param>
/// <param name="Circuit">State of its breaker.</param>
/// <param name="TriedAgainIn">For an open circuit: when a call will be let through.</param>
public readonly record struct RegionHealth(string Engine, string Region, CircuitState Circuit, TimeSpan? TriedAgainIn = null);

/// <summary>Tells how an engine is doing, without asking it.</summary>
public interface IEngineHealth
{
    IReadOnlyList<RegionHealth> Regions { get; }
}
