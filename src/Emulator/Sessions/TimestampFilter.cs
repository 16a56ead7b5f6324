using System.Globalization;

namespace Sluice.Emulator.Sessions;

/// <summary>The one filter that events have: timestamp&gt;="..." or timestamp&gt;"...".</summary>
internal readonly record struct TimestampFilter(DateTimeOffset From, bool Inclusive)
{
    public bool Admits(DateTimeOffset time) => Inclusive ? time >= From : time > From;

    public static TimestampFilter Parse(string? filter)
    {
        var at = filter?.IndexOf('>', StringComparison.Ordinal) ?? -1;
        if (at < 0 || filter![..at].Trim() != "timestamp") return new TimestampFilter(DateTimeOffset.MinValue, true);
        var value = filter[(at + 1)..].Trim();
        var inclusive = value.StartsWith('=');
        return DateTimeOffset.TryParse(value.TrimStart('=').Trim(' ', '"'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var from)
            ? new TimestampFilter(from, inclusive)
            : new TimestampFilter(DateTimeOffset.MinValue, true);
    }
}
