namespace Sluice.Core.Engines.Caching;

/// <summary>How long answers are given again, and the bounds of what is kept for that.</summary>
public sealed record CachePolicy
{
    /// <summary>How old an answer may be that is given instead of asking the engine. Zero, the default: none is.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>How much older than <see cref="Ttl"/> an answer may be that is given while the engine is asked for a new one (RFC 5861, section 3). Default zero.</summary>
    public TimeSpan StaleWhileRevalidate { get; init; }

    /// <summary>How old an answer may be that the fallback <c>stale</c> gives (RFC 5861, section 4). Default a day.</summary>
    public TimeSpan StaleIfError { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Whoever asks belongs to the question. False: users of a tenant get each other's answers. Default true.</summary>
    public bool PerUser { get; init; } = true;

    /// <summary>Answers for which the agent called tools are given again as well. Default false: they may be of their moment, or an action.</summary>
    public bool ToolUse { get; init; }

    /// <summary>Answers kept. Default 1000. At the bound the one used longest ago goes.</summary>
    public int Answers { get; init; } = 1000;

    /// <summary>Bytes of answers kept, with what is kept around them. Default 32 MiB. At the bound the one used longest ago goes.</summary>
    public long Bytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes of an answer above which it is neither kept nor shared: running turns record theirs before it is known to be one worth keeping. Default 1 MiB.</summary>
    public int AnswerBytes { get; init; } = 1024 * 1024;

    /// <summary>Events of an answer above which it is neither kept nor shared: said again all at once, they have to fit into a turn's log. Default 10 000.</summary>
    public int AnswerEvents { get; init; } = 10_000;
}
