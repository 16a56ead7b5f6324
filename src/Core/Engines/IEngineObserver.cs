namespace Sluice.Core.Engines;

/// <summary>Told of what is done about an engine that misbehaves, for logs. Called in the middle of it: must be quick and must not throw.</summary>
public interface IEngineObserver
{
    /// <summary>The circuit in front of a region changed its state.</summary>
    /// <param name="health">How it is now.</param>
    /// <param name="isReported">Because another process has opened its own; else by what calls of this one have shown.</param>
    void CircuitChanged(RegionHealth health, bool isReported);

    /// <summary>A turn is sent again.</summary>
    /// <param name="place">Where it failed.</param>
    /// <param name="fault">How it failed. Its message may repeat what was said in the turn.</param>
    /// <param name="after">The wait before; null: there is none, it goes to another region.</param>
    void Repeating(ServedBy place, EngineFault fault, TimeSpan? after);
}
