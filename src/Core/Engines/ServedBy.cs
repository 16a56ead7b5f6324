using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Engines;

/// <summary>Where an answer comes from. One instance for each place is enough: nothing in it is of one turn alone.</summary>
/// <param name="Engine">Configured name of the engine.</param>
/// <param name="Region">Its region; empty when none was asked.</param>
public sealed record ServedBy(string Engine, string Region)
{
    /// <summary>
    /// The region that holds the engine's session, when it could not be asked: what was said there before is not known here. Null: nothing was lost.
    /// </summary>
    public string? MovedFrom { get; init; }

    /// <summary>What stands in for the engine that was asked, such as <c>engine=other</c>, <c>stale</c> or <c>text</c>; null: nothing does.</summary>
    public string? Fallback { get; init; }

    /// <summary>How old an answer is that was given before; null for one of its own turn.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>What a cache did for the turn; null: there is none.</summary>
    public CacheOutcome? Cache { get; init; }
}
