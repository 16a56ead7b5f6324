namespace Sluice.Core.Callers;

/// <summary>Whose data something is. Nothing of one tenant is visible to another.</summary>
public readonly record struct TenantId(string Value)
{
    /// <summary>The tenant of a gateway that tells no callers apart.</summary>
    public static TenantId Local { get; } = new("local");

    public override string ToString() => Value;
}

/// <summary>Who is asking: a tenant, and the subject (key or verified identity) within it.</summary>
public sealed record Caller(TenantId Tenant, string Subject)
{
    /// <summary>The caller of a gateway that tells no callers apart.</summary>
    public static Caller Local { get; } = new(TenantId.Local, "local");
}
