using System.Runtime.InteropServices;
using System.Text.Json;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>JSON without what does not matter in it: space, and the order of names. Values and names count as they are written.</summary>
internal static class CanonicalJson
{
    /// <summary>More levels than a request's body may be allowed to have.</summary>
    public const int MaxDepth = 1024;

    private static readonly Comparer<JsonProperty> ByName = Comparer<JsonProperty>.Create(static (left, right) =>
        JsonMarshal.GetRawUtf8PropertyName(left).SequenceCompareTo(JsonMarshal.GetRawUtf8PropertyName(right)));

    public static void Add(QuestionDigest digest, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
        Add(digest, document.RootElement);
    }

    private static void Add(QuestionDigest digest, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                digest.Add("{"u8);
                foreach (var property in value.EnumerateObject().Order(ByName))
                {
                    digest.Add(JsonMarshal.GetRawUtf8PropertyName(property));
                    Add(digest, property.Value);
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
            default:
                digest.Add(JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }
}
