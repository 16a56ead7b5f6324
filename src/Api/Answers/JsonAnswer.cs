using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace Sluice.Api.Answers;

/// <summary>Sends a whole JSON body, with its length, compressed for those who ask and where it pays.</summary>
internal static class JsonAnswer
{
    public const string JsonType = "application/json";
    public const string ProblemType = "application/problem+json";

    /// <summary>Smaller bodies go as they are: they fit a packet either way.</summary>
    public const int WorthCompressing = 1024;

    /// <summary>Bodies are JSON and nothing else, never put into a page: only what JSON itself demands is escaped.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly StringValues NoStore = "no-store";
    private static readonly StringValues Revalidate = "no-cache";
    private static readonly StringValues VaryByEncoding = "Accept-Encoding";

    public static Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> body) => WriteAsync(context, status, JsonType, body);

    public static Task WriteAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> body)
    {
        context.Response.Headers.CacheControl = NoStore;
        return SendAsync(context, status, type, body);
    }

    /// <summary>For what is the same for everyone until the next start.</summary>
    public static Task WriteDocumentAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.Headers.CacheControl = Revalidate;
        return SendAsync(context, 200, JsonType, body);
    }

    private static Task SendAsync(HttpContext context, int status, string type, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = type;
        if (body.Length >= WorthCompressing)
        {
            response.Headers.Vary = VaryByEncoding;
            if (context.Request.Headers.AcceptEncoding is { Count: > 0 } accepted && ContentCoding.Choose(accepted) is { } coding)
            {
                response.Headers.ContentEncoding = coding.Name;
                body = coding.Encode(body.Span);
            }
        }

        response.ContentLength = body.Length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        var writing = response.BodyWriter.WriteAsync(body, context.RequestAborted);
        return writing.IsCompletedSuccessfully ? Task.CompletedTask : writing.AsTask();
    }
}
