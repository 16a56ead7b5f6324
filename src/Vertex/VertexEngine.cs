using System.ComponentModel.DataAnnotations;
using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Regions;
using Sluice.Vertex.Resilience;

namespace Sluice.Vertex;

/// <summary>
/// One engine of Vertex AI Agent Engine, in one or more regions. Thread-safe; opens no connection and reads no credentials before the first turn.
/// </summary>
public sealed class VertexEngine : IEngine, IEngineHealth, IAsyncDisposable
{
    private readonly EnginePipeline _pipeline;

    /// <param name="regions">Which engine, and how to call it, in each of its regions, the preferred one first. All have the same name, each its own location.</param>
    /// <param name="resilience">What is done when it misbehaves.</param>
    /// <param name="pulse">Looks after every call's deadlines. Not owned.</param>
    /// <param name="tokens">What calls carry; <see cref="NoAccessTokens"/> where <see cref="VertexOptions.NeedsCredentials"/> is false. Not owned.</param>
    /// <param name="observer">Told of changes, for logs; null: nobody is.</param>
    /// <param name="reports">Where processes tell one another of their circuits; null: this one keeps its own to itself. Not owned.</param>
    /// <exception cref="ValidationException">An option is out of its bounds.</exception>
    public VertexEngine(
        IReadOnlyList<VertexOptions> regions,
        ResilienceOptions resilience,
        Pulse pulse,
        IAccessTokens tokens,
        IEngineObserver? observer = null,
        ICircuitReports? reports = null)
        : this(regions, resilience, pulse, tokens, observer, reports, configure: null)
    {
    }

    /// <summary>An engine in one region.</summary>
    public VertexEngine(VertexOptions options, Pulse pulse, IAccessTokens tokens)
        : this([options], new ResilienceOptions(), pulse, tokens)
    {
    }

    internal VertexEngine(
        IReadOnlyList<VertexOptions> regions,
        ResilienceOptions resilience,
        Pulse pulse,
        IAccessTokens tokens,
        IEngineObserver? observer,
        ICircuitReports? reports,
        Action<SocketsHttpHandler>? configure)
    {
        Validate(regions);
        resilience.Validate();
        GuardedRegion[] guarded = [.. regions.Select(options => new GuardedRegion(
            new EngineRegion(options, pulse, tokens, configure),
            options.Engine,
            new ServedBy(options.Name, options.Engine.Location),
            resilience,
            pulse.Time,
            observer,
            reports))];
        _pipeline = new EnginePipeline(guarded, resilience, regions[0].TotalTimeout, pulse, observer);
        Telemetry.Watch(_pipeline);
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegionHealth> Regions => [.. _pipeline.Regions.Select(region => region.Health)];

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => _pipeline.RunAsync(turn, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) => _pipeline.ResumeAsync(turn, cancellationToken);

    /// <inheritdoc/>
    public string? RevisionIn(string region)
    {
        foreach (var guarded in _pipeline.Regions)
        {
            if (string.Equals(guarded.Place.Region, region, StringComparison.Ordinal))
            {
                return guarded.Region.Revision;
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        Telemetry.Forget(_pipeline);
        return _pipeline.DisposeAsync();
    }

    private static void Validate(IReadOnlyList<VertexOptions> regions)
    {
        if (regions.Count is < 1 or > RegionSet.MaxRegions)
        {
            throw new ValidationException("An engine has 1 to 32 regions.");
        }

        var locations = new HashSet<string>(StringComparer.Ordinal);
        foreach (var region in regions)
        {
            region.Validate();
            if (!string.Equals(region.Name, regions[0].Name, StringComparison.Ordinal))
            {
                throw new ValidationException($"The regions of one engine have one name, not both '{regions[0].Name}' and '{region.Name}'.");
            }

            if (!locations.Add(region.Engine.Location))
            {
                throw new ValidationException($"The engine '{region.Name}' has the region {region.Engine.Location} twice.");
            }
        }
    }
}
