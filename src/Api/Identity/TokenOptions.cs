using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>Whose identity tokens are taken, and as whom.</summary>
internal sealed record TokenOptions
{
    /// <summary>Where Google publishes what its tokens are signed with.</summary>
    public static readonly Uri GoogleKeys = new("https://www.googleapis.com/oauth2/v3/certs");

    /// <summary>As Google spells itself: tokens have the one or the other.</summary>
    public static readonly string[] Issuers = ["https://accounts.google.com", "accounts.google.com"];

    /// <summary>None: no token is taken.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    public IReadOnlyList<AllowedCaller> Callers { get; init; } = [];

    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    public Uri Keys { get; init; } = GoogleKeys;
}

/// <summary>One who may call with an identity token; known by the address or by the account's id, and the other is null.</summary>
internal sealed record AllowedCaller(string? Email, string? Subject, TenantId Tenant, Scopes Scopes);
