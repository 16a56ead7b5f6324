using System.Text.RegularExpressions;

namespace Sluice.Api.Observability;

/// <summary>
/// Takes credentials out of what is about to be written. Nothing writes one knowingly; an exception's message or a library's debug line might.
/// </summary>
internal static partial class Redaction
{
    private const string Instead = "[redacted]";

    public static string Apply(string text) => text.AsSpan().ContainsAny(Marks) ? Credential().Replace(text, Instead) : text;

    // What a credential is recognised by is rare in log lines: most are passed by this search alone.
    private static readonly System.Buffers.SearchValues<string> Marks =
        System.Buffers.SearchValues.Create(["bearer ", "basic ", "ya29.", "eyj", "aiza", "slk_", "-----begin"], StringComparison.OrdinalIgnoreCase);

    // Authorization values; Google access tokens; JSON web tokens; Google API keys; our own; private keys.
    [GeneratedRegex(
        """(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}|ya29\.[A-Za-z0-9._-]+|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?|AIza[A-Za-z0-9_-]{20,}|slk_[a-z2-7]+_[a-z2-7]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Credential();
}
