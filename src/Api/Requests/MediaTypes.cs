using Microsoft.Net.Http.Headers;
using Sluice.Api.Problems;

namespace Sluice.Api.Requests;

/// <summary>What a body may be: JSON in UTF-8, not compressed.</summary>
internal static class MediaTypes
{
    private const string Json = "application/json";

    public static Problem? Check(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.ContentEncoding.Count > 0 && !string.Equals(headers.ContentEncoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            // RFC 7694, section 3.
            context.Response.Headers.AcceptEncoding = "identity";
            return new Problem(415, "unsupported_content_encoding", "The body must not be compressed.");
        }

        var type = context.Request.ContentType;
        if (string.Equals(type, Json, StringComparison.OrdinalIgnoreCase) || IsJson(type))
        {
            return null;
        }

        context.Response.Headers["Accept-Post"] = Json;
        return new Problem(415, "unsupported_media_type", "The body must be JSON in UTF-8, and Content-Type must say so: application/json.");
    }

    private static bool IsJson(string? text) =>
        MediaTypeHeaderValue.TryParse(text, out var type)
        && type.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
        && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
