namespace Sluice.Core.Engines.Caching;

/// <summary>What a request allows a cache to do for it (RFC 9111, section 5.2.1). The default allows everything.</summary>
public readonly record struct CacheControl
{
    /// <summary>Nothing that was kept before may answer it.</summary>
    public bool NoCache { get; init; }

    /// <summary>Nothing of it, nor of its answer, may be kept or shared.</summary>
    public bool NoStore { get; init; }

    /// <summary>The engine is not to be asked.</summary>
    public bool OnlyIfCached { get; init; }

    /// <summary>How old an answer may be; null: as old as the cache lets it.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How long an answer has to stay fresh yet.</summary>
    public TimeSpan? MinFresh { get; init; }

    /// <summary>By how much more than fresh an answer may be old.</summary>
    public TimeSpan? MaxStale { get; init; }
}
