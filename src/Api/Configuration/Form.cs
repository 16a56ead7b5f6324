using System.Globalization;

namespace Sluice.Api.Configuration;

internal delegate bool TryParse<T>(string text, out T value);

/// <summary>How values of one kind are read and written.</summary>
internal sealed record Form<T>(string Description, TryParse<T> TryParse, Func<T, string> Write);

/// <summary>The kinds of values there are.</summary>
internal static class Form
{
    // Longest first: "ms" ends in "s", "MiB" in "B".
    private static readonly (string Suffix, double Seconds)[] DurationUnits = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];
    private static readonly (string Suffix, long Bytes)[] SizeUnits = [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30)];

    /// <summary>A number with its unit. A bare number is refused: it would mean days to .NET, seconds to a reader and milliseconds to another.</summary>
    public static Form<TimeSpan> Duration(TimeSpan min, TimeSpan max) => new(
        $"a duration from {Write(min)} to {Write(max)} with its unit ms, s, m or h",
        (string text, out TimeSpan value) => TryParseDuration(text, out value) && value >= min && value <= max,
        Write);

    public static Form<long> Size(long min, long max) => new(
        $"a size from {Write(min)} to {Write(max)}: bytes, or with the unit KiB, MiB or GiB",
        (string text, out long value) => TryParseSize(text, out value) && value >= min && value <= max,
        Write);

    public static Form<int> Count(int min, int max) => new(
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"),
        (string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A count that may be too large for <see cref="Count"/>.</summary>
    public static Form<long> Whole(long min, long max) => new(
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"),
        (string text, out long value) =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The same for a limit that may be off.</summary>
    public static Form<long?> Amount(long min, long max)
    {
        var whole = Whole(min, max);
        return new Form<long?>(
            whole.Description,
            (string text, out long? value) =>
            {
                var read = whole.TryParse(text, out var number);
                value = number;
                return read;
            },
            value => whole.Write(value!.Value));
    }

    public static Form<double> Ratio { get; } = new(
        "a number from 0 to 1",
        (string text, out double value) =>
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1,
        value => value.ToString(CultureInfo.InvariantCulture));

    public static Form<bool> Switch { get; } = new(
        "true or false",
        (string text, out bool value) => bool.TryParse(text, out value),
        value => value ? "true" : "false");

    public static Form<TEnum> Choice<TEnum>()
        where TEnum : struct, Enum
    {
        var names = Enum.GetNames<TEnum>();
        var values = Enum.GetValues<TEnum>();
        return new Form<TEnum>(
            $"one of {string.Join(", ", names.Select(Lower))}",
            (string text, out TEnum value) =>
            {
                // Not Enum.TryParse: it takes numbers and comma-separated lists as well.
                var at = Array.FindIndex(names, name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase));
                value = at < 0 ? default : values[at];
                return at >= 0;
            },
            value => Lower(value.ToString()));
    }

    public static Form<string?> Text(string description, int maxLength, Func<string, bool>? valid = null) => new(
        description,
        (string text, out string? value) =>
        {
            value = text;
            return text.Length <= maxLength && !text.Any(char.IsControl) && valid?.Invoke(text) != false;
        },
        value => $"\"{value}\"");

    /// <summary>An address to which paths are added.</summary>
    public static Form<Uri?> BaseUrl { get; } = new(
        "an absolute http or https URL without user, query and fragment",
        (string text, out Uri? value) =>
            Uri.TryCreate(text, UriKind.Absolute, out value)
            && (value.Scheme == Uri.UriSchemeHttp || value.Scheme == Uri.UriSchemeHttps)
            && value is { UserInfo: "", Query: "", Fragment: "" },
        value => value!.OriginalString);

    private static string Lower(string name) => name.ToLowerInvariant();

    private static bool TryParseDuration(string text, out TimeSpan value)
    {
        foreach (var (suffix, seconds) in DurationUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number <= TimeSpan.MaxValue.TotalSeconds / 3600 / 2)
            {
                value = TimeSpan.FromSeconds(number * seconds);
                return true;
            }
        }

        // The way .NET writes it, for those who are used to it; with its colons there is no doubt about the unit.
        value = default;
        return text.Contains(':') && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value);
    }

    private static bool TryParseSize(string text, out long value)
    {
        foreach (var (suffix, bytes) in SizeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
            {
                var number = text.AsSpan(0, text.Length - suffix.Length).TrimEnd();
                var read = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= long.MaxValue / bytes;
                value *= read ? bytes : 0;
                return read;
            }
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static string Write(TimeSpan value)
    {
        var (suffix, seconds) = DurationUnits.LastOrDefault(unit => value.TotalSeconds % unit.Seconds == 0 && value.TotalSeconds >= unit.Seconds, DurationUnits[0]);
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value.TotalSeconds / seconds, 3)}{suffix}");
    }

    private static string Write(long value)
    {
        var (suffix, bytes) = SizeUnits.LastOrDefault(unit => value != 0 && value % unit.Bytes == 0, (Suffix: "", Bytes: 1L));
        return string.Create(CultureInfo.InvariantCulture, $"{value / bytes}{suffix}");
    }
}
