using Sluice.Core.Callers;

namespace Sluice.Core.Keys;

/// <summary>What is kept of an API key: everything but its secret.</summary>
public sealed record ApiKey
{
    /// <summary>Its public name.</summary>
    public required string Id { get; init; }

    public required TenantId Tenant { get; init; }

    /// <summary>For whom it speaks in the tenant.</summary>
    public required string Subject { get; init; }

    public required Scopes Scopes { get; init; }

    /// <summary>SHA-256 of its text, <see cref="KeyText.HashLength"/> bytes.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From then on it is refused; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Null: it has not been.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    public KeyState StateAt(DateTimeOffset now) => this switch
    {
        { RevokedAt: not null } => KeyState.Revoked,
        { ExpiresAt: { } end } when end <= now => KeyState.Expired,
        _ => KeyState.Live,
    };
}

/// <summary>Whether a key may be used.</summary>
public enum KeyState
{
    Live,
    Expired,
    Revoked,
}
