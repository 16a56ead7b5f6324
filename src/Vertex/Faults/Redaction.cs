using System.Text.RegularExpressions;

namespace Sluice.Vertex.Faults;

/// <summary>What an engine says, made fit for a caller and a log: without the caller's own request, without anything that is a credential.</summary>
internal static partial class Redaction
{
    private const int MaxLength = 1000;

    public static string Clean(string message)
    {
        // Agent Engine puts the method's arguments, so the caller's text, behind these words; nothing of use follows them.
        var echo = message.IndexOf("Request Data:", StringComparison.OrdinalIgnoreCase);
        if (echo >= 0)
        {
            message = message[..echo];
        }

        message = Credential.Replace(message, "[redacted]");
        message = Space.Replace(message, " ").Trim();
        return message.Length <= MaxLength ? message : string.Concat(message.AsSpan(0, MaxLength), "…");
    }

    // Bearer values, Google access tokens and API keys, JSON web tokens, private keys, and key=value pairs that call themselves secret.
    [GeneratedRegex(@"(?i:bearer\s+)[^\s'"",}]+|ya29\.[\w.-]+|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w.-]+|-----BEGIN[\s\S]*?(-----END[^-]*-----|\z)"
        + @"|(?i:(access_token|refresh_token|id_token|client_secret|api_?key|password)\\?[""']?\s*[:=]\s*\\?[""']?)[^\s'""\\,}&]+",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Credential { get; }

    // Also the escaped line breaks of JSON inside JSON.
    [GeneratedRegex(@"(\s|\\n|\\r|\\t|\p{C})+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Space { get; }
}
