namespace Sluice.Core.Engines.Caching;

/// <summary>What a cache did for a turn.</summary>
public enum CacheOutcome : byte
{
    /// <summary>An answer that was kept, and fresh.</summary>
    Hit,

    /// <summary>An answer that was kept, and older than it would be by itself.</summary>
    Stale,

    /// <summary>The answer to the same question of another turn, which was under way.</summary>
    Joined,

    /// <summary>The engine was asked: there was nothing to give.</summary>
    Miss,

    /// <summary>The engine was asked: nothing that is kept may answer this request.</summary>
    Bypass,
}
