using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Sluice.Core.Callers;
using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>
/// The name of a conversation, chosen by the caller: 1 to 128 characters of <c>A-Z a-z 0-9 . _ ~ : @ -</c>, so that it stands
/// unescaped in a path (RFC 3986, section 3.3) and in a header. Unique within a tenant.
/// </summary>
public readonly record struct SessionId
{
    public const int MaxLength = 128;

    /// <summary>What a session id may look like, for error messages.</summary>
    public const string Form = "1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:@-");

    private SessionId(string value) => Value = value;

    public string Value { get; }

    /// <summary>A new id that no one can guess.</summary>
    public static SessionId New() => new(UniqueId.New().ToString("N"));

    public static bool TryParse([NotNullWhen(true)] string? text, out SessionId id)
    {
        // "." and ".." are removed from a path by clients before it is sent (RFC 3986, section 5.2.4).
        if (text is { Length: > 0 and <= MaxLength } and not "." and not ".." && !text.AsSpan().ContainsAnyExcept(Allowed))
        {
            id = new SessionId(text);
            return true;
        }

        id = default;
        return false;
    }

    public static SessionId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"A session id is {Form}.");

    public override string ToString() => Value;
}

/// <summary>A session's name together with the tenant it belongs to.</summary>
public readonly record struct SessionKey(TenantId Tenant, SessionId Session);
