using System.Text.Json;

namespace Sluice.Vertex.Recovery;

/// <summary>Reads what others wrote: a member may be missing, spelled either way, or of another kind than expected.</summary>
internal static class JsonMembers
{
    /// <returns>Null when there is none, or it is null.</returns>
    public static JsonElement? Member(this JsonElement element, string name, string otherName) =>
        element.ValueKind == JsonValueKind.Object
        && (element.TryGetProperty(name, out var value) || element.TryGetProperty(otherName, out value))
        && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <returns>Null when it is no string, or its escapes make no Unicode.</returns>
    public static string? Text(this JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
