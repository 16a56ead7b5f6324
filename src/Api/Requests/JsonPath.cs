namespace Sluice.Api.Requests;

/// <summary>Names a field of an object as a JSON path (RFC 9535).</summary>
internal static class JsonPath
{
    private const int LongestName = 64;

    public static string Of(string path, string name)
    {
        var shown = name.Length > LongestName ? string.Concat(name.AsSpan(0, LongestName), "…") : name;
        return name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(name[0])
            ? $"{path}.{shown}"
            : $"{path}['{shown.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}']";
    }
}
