using System.Buffers;

namespace Sluice.Core.Callers;

/// <summary>Whose data something is. Nothing of one tenant is visible to another.</summary>
public readonly record struct TenantId(string Value)
{
    private const int LongestName = 64;
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The tenant of a gateway that tells no callers apart.</summary>
    public static TenantId Local { get; } = new("local");

    /// <summary>What an operator may call a tenant: 1 to 64 of A-Z, a-z, 0-9, dot, underscore and hyphen.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= LongestName && !text.AsSpan().ContainsAnyExcept(Letters);

    public override string ToString() => Value;
}
