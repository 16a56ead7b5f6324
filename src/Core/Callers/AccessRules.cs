namespace Sluice.Core.Callers;

/// <summary>Whether a caller may do what it asks for. That it does so only to its own tenant's sessions and turns, their host sees to.</summary>
public static class AccessRules
{
    /// <summary>The scopes that are needed and missing; none: it may.</summary>
    public static Scopes Missing(Caller caller, Scopes needed) => needed & ~caller.Scopes;
}
