using System.Text.Json;

namespace Sluice.Vertex.Dialects;

/// <summary>Small pieces of JSON.</summary>
internal static class JsonText
{
    /// <summary>A string as a literal with its quotes.</summary>
    public static byte[] Literal(string text) => [(byte)'"', .. JsonEncodedText.Encode(text).EncodedUtf8Bytes, (byte)'"'];
}
