using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Answers that are kept, to be given again instead of asking the engine or when it cannot be asked, as <see cref="CachePolicy"/> declares them.</summary>
internal static class CacheOptions
{
    public static readonly SettingSection Section = new("Cache", "Answers kept and given again; none are unless Ttl is set or an engine has the fallback stale");

    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);
    private static readonly CachePolicy Unset = new();

    private static readonly Setting<TimeSpan> Ttl = Section.Add(
        "Ttl", Duration(TimeSpan.Zero, Longest), Unset.Ttl,
        "How old an answer may be that is given instead of asking the engine. 0s: none is, and identical requests do not join.");

    private static readonly Setting<TimeSpan> StaleWhileRevalidate = Section.Add(
        "StaleWhileRevalidate", Duration(TimeSpan.Zero, Longest), Unset.StaleWhileRevalidate,
        "How much older than Ttl an answer may be that is given while the engine is asked for a new one. What that spends belongs to no request.");

    private static readonly Setting<TimeSpan> StaleIfError = Section.Add(
        "StaleIfError", Duration(TimeSpan.FromSeconds(1), Longest), Unset.StaleIfError,
        "How old an answer may be that the fallback stale gives.");

    private static readonly Setting<bool> PerUser = Section.Add(
        "PerUser", Switch, Unset.PerUser,
        "Answers are kept for each user_id. false: users of a tenant get each other's, for agents that do not look at who asks.");

    private static readonly Setting<bool> ToolUse = Section.Add(
        "ToolUse", Switch, Unset.ToolUse,
        "Give answers again for which the agent called tools, as far as its events tell. They may be of their moment, or an action.");

    private static readonly Setting<int> Answers = Section.Add(
        "Answers", Count(1, 1_000_000), Unset.Answers,
        "Answers kept, in memory. At the bound the one used longest ago goes.");

    private static readonly Setting<long> Bytes = Section.Add(
        "Bytes", Size(64 * 1024, 16L * 1024 * 1024 * 1024), Unset.Bytes,
        "Bytes of answers kept. At the bound the one used longest ago goes.");

    private static readonly Setting<long> AnswerBytes = Section.Add(
        "AnswerBytes", Size(1024, 64 * 1024 * 1024), Unset.AnswerBytes,
        "Size of an answer above which it is neither kept nor shared, as one is not that does not fit into Sluice:Sessions:LogBytes and LogEvents.");

    /// <param name="settings">What is configured.</param>
    /// <param name="sessions">Where answers are said again, all at once.</param>
    public static CachePolicy Read(SettingReader settings, SessionLimits sessions) => new()
    {
        Ttl = settings.Get(Ttl),
        StaleWhileRevalidate = settings.Get(StaleWhileRevalidate),
        StaleIfError = settings.Get(StaleIfError),
        PerUser = settings.Get(PerUser),
        ToolUse = settings.Get(ToolUse),
        Answers = settings.Get(Answers),
        Bytes = settings.Get(Bytes),
        AnswerBytes = (int)Math.Min(settings.Get(AnswerBytes), sessions.LogBytes),
        AnswerEvents = Math.Min(Unset.AnswerEvents, sessions.LogEvents),
    };
}
