using System.Runtime.InteropServices;
using System.Text.Json;

namespace Sluice.Core.Engines.Caching;

/// <summary>
/// JSON without what does not matter in it: space, the order of names, escapes in strings (RFC 8785). Numbers count as they are written, unlike there: to a Python
/// agent 1 and 1.0 are not the same.
/// </summary>
internal static class CanonicalJson
{
    /// <summary>More levels than a request's body may be allowed to have.</summary>
    public const int MaxDepth = 1024;

    private static readonly Comparer<Property> ByName = Comparer<Property>.Create(static (left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));

    private readonly record struct Property(byte[] Name, bool IsText, JsonElement Value);

    public static void Add(QuestionDigest digest, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        Add(digest, document.RootElement);
    }

    /// <param name="digest">Adds it up.</param>
    /// <param name="literal">A string with its quotes.</param>
    public static void AddString(QuestionDigest digest, ReadOnlySpan<byte> literal)
    {
        if (!literal.Contains((byte)'\\'))
        {
            AddString(digest, literal[1..^1], isText: true);
            return;
        }

        var text = Unescape(literal, out var isText);
        AddString(digest, text, isText);
    }

    private static void Add(QuestionDigest digest, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                digest.Add("{"u8);

                // The order is stable: of a name said twice, what holds depends on which comes last.
                foreach (var (name, isText, property) in value.EnumerateObject().Select(Named).Order(ByName))
                {
                    AddString(digest, name, isText);
                    Add(digest, property);
                }

                digest.Add("}"u8);
                break;
            case JsonValueKind.Array:
                digest.Add("["u8);
                foreach (var item in value.EnumerateArray())
                {
                    Add(digest, item);
                }

                digest.Add("]"u8);
                break;
            case JsonValueKind.String:
                AddString(digest, JsonMarshal.GetRawUtf8Value(value));
                break;
            default:
                digest.Add(JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    private static void AddString(QuestionDigest digest, ReadOnlySpan<byte> bytes, bool isText)
    {
        digest.Add(isText ? "\""u8 : "\\"u8);
        digest.Add(bytes);
    }

    private static Property Named(JsonProperty property)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        if (!raw.Contains((byte)'\\'))
        {
            return new Property(raw.ToArray(), IsText: true, property.Value);
        }

        var name = Unescape([(byte)'"', .. raw, (byte)'"'], out var isText);
        return new Property(name, isText, property.Value);
    }

    // Half of a surrogate pair is no text: such a string counts as it is written, and not as the text that looks like it.
    private static byte[] Unescape(ReadOnlySpan<byte> literal, out bool isText)
    {
        var reader = new Utf8JsonReader(literal);
        reader.Read();
        var text = new byte[literal.Length];
        try
        {
            var length = reader.CopyString(text);
            isText = true;
            return text[..length];
        }
        catch (InvalidOperationException)
        {
            isText = false;
            return literal.ToArray();
        }
    }
}
