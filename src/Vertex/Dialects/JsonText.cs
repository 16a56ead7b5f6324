using System.Text.Json;

namespace Sluice.Vertex.Dialects;

/// <summary>Small pieces of JSON.</summary>
internal static class JsonText
{
    /// <summary>A string as a literal with its quotes.</summary>
    public static byte[] Literal(string text) => [(byte)'"', .. JsonEncodedText.Encode(text).EncodedUtf8Bytes, (byte)'"'];

    /// <summary>What a literal says; null when that is not Unicode.</summary>
    public static string? Value(ReadOnlySpan<byte> literal)
    {
        try
        {
            var reader = new Utf8JsonReader(literal);
            return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        }
        catch (Exception defect) when (defect is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
