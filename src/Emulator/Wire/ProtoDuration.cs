using System.Globalization;

namespace Sluice.Emulator.Wire;

/// <summary>Durations and instants in their protobuf JSON form; durations are also read with "ms", which people type.</summary>
internal static class ProtoDuration
{
    public static string Print(TimeSpan value) => value.TotalSeconds.ToString("0.#########", CultureInfo.InvariantCulture) + "s";

    public static string Print(DateTimeOffset value) => value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out TimeSpan value)
    {
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 0.001) : text.EndsWith('s') ? (text[..^1], 1) : ("", 0);
        var read = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var amount) && amount is >= 0 and < 1e9;
        value = read ? TimeSpan.FromSeconds(amount * unit) : TimeSpan.Zero;
        return read;
    }
}
