namespace Sluice.Core.Engines.Caching;

/// <summary>What is done for a request that a cache may answer.</summary>
internal enum CacheDecision : byte
{
    /// <summary>Give what is kept.</summary>
    Answer,

    /// <summary>Give what is kept, and ask the engine for a new answer meanwhile.</summary>
    AnswerAndRevalidate,

    /// <summary>Ask the engine, together with others that ask the same.</summary>
    Ask,

    /// <summary>Ask the engine, and join no call that is under way.</summary>
    AskAnew,

    /// <summary>Ask the engine, and let nobody have the answer.</summary>
    AskAlone,

    /// <summary>Neither: the engine is not to be asked.</summary>
    Refuse,
}

/// <summary>Decides: a function of the request, the age of what is kept and the policy, with no effect (RFC 9111, sections 4.2 and 5.2.1; RFC 5861, section 3).</summary>
internal static class CacheRules
{
    /// <param name="control">What the request allows.</param>
    /// <param name="age">Of the answer that is kept; null: there is none.</param>
    /// <param name="policy">What the cache allows.</param>
    public static CacheDecision Decide(in CacheControl control, TimeSpan? age, CachePolicy policy)
    {
        if (age is { } old && !control.NoCache)
        {
            var isYoungEnough = old <= (control.MaxAge ?? TimeSpan.MaxValue);
            var staleness = old + (control.MinFresh ?? TimeSpan.Zero) - policy.Ttl;
            if (isYoungEnough && (staleness <= TimeSpan.Zero || staleness <= control.MaxStale))
            {
                return CacheDecision.Answer;
            }

            // One who says how old an answer may be has said that it may not be older.
            if (control is { MaxAge: null, MinFresh: null } && staleness <= policy.StaleWhileRevalidate)
            {
                return control.OnlyIfCached ? CacheDecision.Answer : CacheDecision.AnswerAndRevalidate;
            }
        }

        return control switch
        {
            { OnlyIfCached: true } => CacheDecision.Refuse,
            { NoStore: true } => CacheDecision.AskAlone,
            { NoCache: true } => CacheDecision.AskAnew,
            _ => CacheDecision.Ask,
        };
    }
}
