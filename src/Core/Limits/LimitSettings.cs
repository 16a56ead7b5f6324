namespace Sluice.Core.Limits;

/// <summary>What to do while what is shared among nodes cannot be asked, when a node's slice is spent.</summary>
public enum WhenUnavailable
{
    /// <summary>Refuse.</summary>
    Closed,

    /// <summary>Each node goes on by itself, with the whole quota.</summary>
    Open,
}

/// <summary>How much callers may have. A limit that is null is off, and by default all are.</summary>
public sealed record LimitSettings
{
    /// <summary>Requests of one API key, or other credential. At the bound: 429.</summary>
    public long? KeyRequestsPerMinute { get; init; }

    /// <summary>Requests of one subject of a tenant.</summary>
    public long? UserRequestsPerMinute { get; init; }

    /// <summary>Requests from one client address, of IPv6 one /64 network. For each node by itself.</summary>
    public long? AddressRequestsPerMinute { get; init; }

    /// <summary>Turns of one credential that wait or run.</summary>
    public long? KeyTurns { get; init; }

    public long? UserTurns { get; init; }

    /// <summary>Model tokens of one credential.</summary>
    public long? KeyTokensPerMinute { get; init; }

    public long? UserTokensPerMinute { get; init; }

    /// <summary>Model tokens of a session, for as long as it is remembered.</summary>
    public long? SessionTokens { get; init; }

    /// <summary>Model tokens of a tenant in one <see cref="BudgetPeriod"/>.</summary>
    public long? TenantTokens { get; init; }

    /// <summary>Counted from midnight UTC of 1970-01-01: 24 h begin at midnight UTC.</summary>
    public TimeSpan BudgetPeriod { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Tokens an answer is expected to take: with those of the request, what is reserved before a turn.</summary>
    public long AnswerTokens { get; init; } = 1024;

    /// <summary>Identities counted one by one, of each quota. Those beyond them share one.</summary>
    public int Identities { get; init; } = 65_536;

    public WhenUnavailable WhenUnavailable { get; init; } = WhenUnavailable.Closed;

    public bool LimitsRequests => (KeyRequestsPerMinute ?? UserRequestsPerMinute ?? AddressRequestsPerMinute) is not null;

    public bool LimitsTurns => (KeyTurns ?? UserTurns ?? KeyTokensPerMinute ?? UserTokensPerMinute ?? SessionTokens ?? TenantTokens) is not null;
}
