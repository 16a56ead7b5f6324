using Sluice.Api.Answers;

namespace Sluice.Api.OpenApi;

/// <summary><c>/openapi.json</c>: written by hand, held to the routes by a test.</summary>
internal static class OpenApiDocument
{
    private static readonly ReadOnlyMemory<byte> Document = Load();

    public static Task HandleAsync(HttpContext context) => JsonAnswer.WriteDocumentAsync(context, Document);

    private static ReadOnlyMemory<byte> Load()
    {
        using var resource = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json")
            ?? throw new InvalidOperationException("The assembly was built without openapi.json.");
        var document = new byte[resource.Length];
        resource.ReadExactly(document);
        return document;
    }
}
