using Sluice.Core.Limits;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>How much callers may have, as <see cref="LimitSettings"/> declares it.</summary>
internal static class LimitOptions
{
    public static readonly SettingSection Section = new("Limits", "How much callers may have; what is not set is not limited");

    private const long MostTokens = 1_000_000_000_000;

    private static readonly LimitSettings Unset = new();

    private static readonly Setting<long?> KeyRequests = Section.Add(
        "RequestsPerMinute:Key", Amount(1, 1_000_000_000), Unset.KeyRequestsPerMinute,
        "Requests of one API key or other credential. A minute's worth may come at once, then they come back evenly. At the bound: 429.");

    private static readonly Setting<long?> UserRequests = Section.Add(
        "RequestsPerMinute:User", Amount(1, 1_000_000_000), Unset.UserRequestsPerMinute,
        "The same for one subject of a tenant, whatever credentials it comes with.");

    private static readonly Setting<long?> AddressRequests = Section.Add(
        "RequestsPerMinute:Address", Amount(1, 1_000_000_000), Unset.AddressRequestsPerMinute,
        "The same for one client address, of IPv6 one /64 network, whoever it is. Each node counts by itself. Behind proxies it needs Sluice:Http:TrustedProxies.");

    private static readonly Setting<long?> KeyTurns = Section.Add(
        "ConcurrentTurns:Key", Amount(1, 1_000_000), Unset.KeyTurns,
        "Turns of one credential that wait or run. At the bound: 429.");

    private static readonly Setting<long?> UserTurns = Section.Add(
        "ConcurrentTurns:User", Amount(1, 1_000_000), Unset.UserTurns,
        "The same for one subject of a tenant.");

    private static readonly Setting<long?> KeyTokens = Section.Add(
        "TokensPerMinute:Key", Amount(1, MostTokens), Unset.KeyTokensPerMinute,
        "Model tokens of one credential. Estimated before a turn, settled after it with what the engine reports. At the bound: 429; a turn that runs is not stopped.");

    private static readonly Setting<long?> UserTokens = Section.Add(
        "TokensPerMinute:User", Amount(1, MostTokens), Unset.UserTokensPerMinute,
        "The same for one subject of a tenant.");

    private static readonly Setting<long?> SessionTokens = Section.Add(
        "SessionTokens", Amount(1, MostTokens), Unset.SessionTokens,
        "Model tokens of one session, as long as it is remembered. When they are spent its turns are refused with 402, and one that runs is stopped.");

    private static readonly Setting<long?> TenantTokens = Section.Add(
        "TenantTokens", Amount(1, MostTokens), Unset.TenantTokens,
        "Model tokens of one tenant in a period. When they are spent its turns are refused with 402, and those that run are stopped.");

    private static readonly Setting<TimeSpan> BudgetPeriod = Section.Add(
        "TenantPeriod", Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(366)), Unset.BudgetPeriod,
        "Period of TenantTokens, counted from 1970-01-01 00:00 UTC: 24h begins at midnight UTC. Without a store of replicas it also begins with the process.");

    private static readonly Setting<long> AnswerTokens = Section.Add(
        "AnswerTokens", Whole(1, 10_000_000), Unset.AnswerTokens,
        "Tokens that are reserved for an answer before a turn, beside those of what is said. Too few let turns begin that are then stopped, too many refuse turns that would have had enough.");

    private static readonly Setting<int> Identities = Section.Add(
        "Identities", Count(16, 10_000_000), Unset.Identities,
        "Credentials, subjects and addresses that are counted one by one, of each limit. At the bound one that has nothing taken makes room; if there is none, new ones are counted together.");

    private static readonly Setting<WhenUnavailable> Unavailable = Section.Add(
        "WhenUnavailable", Choice<WhenUnavailable>(), Unset.WhenUnavailable,
        "What replicas do while PostgreSQL cannot be asked and a node has spent its slice. closed: refuse with 503. open: each node allows the whole limit by itself.");

    public static LimitSettings Read(SettingReader settings)
    {
        var limits = new LimitSettings
        {
            KeyRequestsPerMinute = settings.Get(KeyRequests),
            UserRequestsPerMinute = settings.Get(UserRequests),
            AddressRequestsPerMinute = settings.Get(AddressRequests),
            KeyTurns = settings.Get(KeyTurns),
            UserTurns = settings.Get(UserTurns),
            KeyTokensPerMinute = settings.Get(KeyTokens),
            UserTokensPerMinute = settings.Get(UserTokens),
            SessionTokens = settings.Get(SessionTokens),
            TenantTokens = settings.Get(TenantTokens),
            BudgetPeriod = settings.Get(BudgetPeriod),
            AnswerTokens = settings.Get(AnswerTokens),
            Identities = settings.Get(Identities),
            WhenUnavailable = settings.Get(Unavailable),
        };
        foreach (var (setting, budget) in new[] { (SessionTokens, limits.SessionTokens), (TenantTokens, limits.TenantTokens) })
        {
            if (budget <= limits.AnswerTokens)
            {
                settings.Refuse(setting, $"is not more than {AnswerTokens.Key} ({limits.AnswerTokens}), which every turn reserves: none would ever begin");
            }
        }

        return limits;
    }
}
