using System.Net;
using Microsoft.Extensions.Primitives;

namespace Sluice.Api.Limits;

/// <summary>Which header the trusted proxies write. Only one is read: what they do not write, a client can.</summary>
internal enum ForwardedHeader
{
    /// <summary><c>X-Forwarded-For</c>, as Google's front ends and most proxies do.</summary>
    XForwardedFor,

    /// <summary><c>Forwarded</c> (RFC 7239).</summary>
    Forwarded,
}

/// <summary>The addresses that proxies say they were asked by, the nearest first.</summary>
internal static class ForwardedHops
{
    /// <summary>More than any chain of proxies has. What is further left is what a client sent.</summary>
    private const int Most = 32;

    /// <summary>Null where something stands that is no address: nothing left of it is to be believed either.</summary>
    public static IEnumerable<IPAddress?> Read(IHeaderDictionary headers, ForwardedHeader header)
    {
        var name = header == ForwardedHeader.Forwarded ? "Forwarded" : "X-Forwarded-For";
        return Entries(headers[name]).Take(Most).Select(entry => AddressOf(header == ForwardedHeader.Forwarded ? ForOf(entry) : entry));
    }

    // Several lines of a header are one list, in their order (RFC 9110, 5.3).
    private static IEnumerable<string> Entries(StringValues lines)
    {
        for (var line = lines.Count - 1; line >= 0; line--)
        {
            var rest = lines[line] ?? "";
            for (var comma = rest.LastIndexOf(','); ; comma = rest.LastIndexOf(','))
            {
                yield return rest[(comma + 1)..].Trim();
                if (comma < 0)
                {
                    break;
                }

                rest = rest[..comma];
            }
        }
    }

    private static string ForOf(string element)
    {
        foreach (var pair in element.Split(';', StringSplitOptions.TrimEntries))
        {
            if (pair.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
            {
                return pair[4..].Trim('"');
            }
        }

        return "";
    }

    // With or without a port; an IPv6 address that has one, and any in Forwarded, stands in brackets.
    private static IPAddress? AddressOf(string text)
    {
        var address = text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end ? text[1..end]
            : text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon == text.LastIndexOf(':') ? text[..colon]
            : text;

        // Not "1" and "0x7f.1", which mean addresses to IPAddress and to nobody who writes such a header.
        return IPAddress.TryParse(address, out var parsed) && (address.Contains(':', StringComparison.Ordinal) || address.Count(c => c == '.') == 3) ? parsed : null;
    }
}
