using System.Globalization;

namespace Sluice.Api.Configuration;

/// <summary>Keys with parts that the operator chooses, such as <c>Sluice:Engines:&lt;name&gt;:Regions:&lt;n&gt;:Name</c>.</summary>
internal static class KeyPattern
{
    private const string Number = "<n>";

    public static bool IsOpen(string pattern) => pattern.Contains('<', StringComparison.Ordinal);

    /// <summary>Puts <paramref name="part"/> in the first open place.</summary>
    public static string Fill(string pattern, string part)
    {
        var from = pattern.IndexOf('<', StringComparison.Ordinal);
        return string.Concat(pattern.AsSpan(0, from), part, pattern.AsSpan(pattern.IndexOf('>', StringComparison.Ordinal) + 1));
    }

    /// <summary>What comes before the first open place, without its colon.</summary>
    public static string Head(string pattern) => pattern[..(pattern.IndexOf('<', StringComparison.Ordinal) - 1)];

    public static bool Matches(string pattern, string key)
    {
        var (parts, said) = (pattern.Split(':'), key.Split(':'));
        return parts.Length == said.Length && parts.Zip(said).All(static pair => pair.First switch
        {
            Number => IsNumber(pair.Second),
            ['<', ..] => pair.Second.Length > 0,
            var part => string.Equals(part, pair.Second, StringComparison.OrdinalIgnoreCase),
        });
    }

    // As it would be written: 00 and 0 would be two places in the same order.
    private static bool IsNumber(string part) =>
        int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && part == number.ToString(CultureInfo.InvariantCulture);
}
