namespace Sluice.Core.Callers;

/// <summary>Who is asking.</summary>
/// <param name="Tenant">Whose data it works with.</param>
/// <param name="Subject">Who it is within the tenant. Idempotency keys belong to it; several credentials may speak for the same, so that one can take another's place.</param>
public sealed record Caller(TenantId Tenant, string Subject)
{
    /// <summary>The caller of a gateway that tells no callers apart.</summary>
    public static Caller Local { get; } = new(TenantId.Local, "local") { Scopes = Scopes.All, CredentialId = "local" };

    /// <summary>What it may do. None for one that is not asking now: whose turn was found in a store.</summary>
    public Scopes Scopes { get; init; }

    /// <summary>Public name of the credential by which it was known: an API key's id, a token's subject. Never a secret. It is kept with what was said, for whoever limits it.</summary>
    public string CredentialId { get; init; } = "";
}
