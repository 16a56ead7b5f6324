using System.Text;

namespace Sluice.Api.Metrics;

/// <summary>What Prometheus calls an instrument and a tag, by OpenTelemetry's rules: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/</summary>
internal static class PrometheusName
{
    private const string Total = "_total";

    /// <summary>Prometheus writes words for the units of UCUM.</summary>
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["d"] = "days",
        ["h"] = "hours",
        ["min"] = "minutes",
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["GiBy"] = "gibibytes",
        ["%"] = "percent",
        ["1"] = "ratio",
    };

    /// <summary>Ends of names that belong to the parts of histograms.</summary>
    private static readonly string[] Reserved = ["_count", "_sum", "_bucket"];

    /// <summary>Null: Prometheus would take it for a part of a histogram, so it cannot be told.</summary>
    public static string? Of(string instrument, string? unit, MetricKind kind)
    {
        var name = Letters(instrument);
        if (UnitOf(unit, kind) is { } words && !EndsInWord(Without(name, Total), words))
        {
            name = $"{Without(name, Total)}_{words}";
        }

        name = kind == MetricKind.Counter ? Without(name, Total) + Total : name;
        return kind != MetricKind.Histogram && Array.Exists(Reserved, end => name.EndsWith(end, StringComparison.Ordinal)) ? null : name;
    }

    public static string OfLabel(string tag) => Letters(tag);

    private static string? UnitOf(string? unit, MetricKind kind)
    {
        var per = unit?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (per < 0)
        {
            // A one is no unit of what is counted, and what is in braces is for people.
            return string.IsNullOrEmpty(unit) || unit[0] == '{' || (unit == "1" && kind != MetricKind.Gauge) ? null : Units.GetValueOrDefault(unit) ?? Letters(unit);
        }

        var one = unit![(per + 1)..];
        var each = $"per_{one switch { "s" => "second", "min" => "minute", "h" => "hour", "d" => "day", _ => Letters(one) }}";
        return UnitOf(unit[..per], MetricKind.Counter) is { } counted ? $"{counted}_{each}" : each;
    }

    private static bool EndsInWord(string name, string word) => name == word || name.EndsWith($"_{word}", StringComparison.Ordinal);

    private static string Without(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : name;

    private static string Letters(string name)
    {
        var letters = new StringBuilder(name.Length + 1);
        foreach (var letter in name)
        {
            var kept = char.IsAsciiLetterOrDigit(letter) ? letter : '_';
            if (kept != '_' || letters.Length == 0 || letters[^1] != '_')
            {
                if (letters.Length == 0 && char.IsAsciiDigit(kept))
                {
                    letters.Append('_');
                }

                letters.Append(kept);
            }
        }

        while (letters.Length > 1 && letters[^1] == '_')
        {
            letters.Length--;
        }

        return letters.ToString();
    }
}
