using System.Globalization;

namespace Sluice.Bench.Driver;

/// <summary>The comparison as a markdown table: medians, with the lowest and highest value behind them.</summary>
/// <param name="compared">The column that the other is compared with.</param>
/// <param name="measured">The column that is judged.</param>
internal sealed class Table(string compared = "comparator", string measured = "gateway")
{
    private readonly List<string> _lines =
    [
        $"| scenario | figure | {compared} | {measured} | compared | aim | met |",
        "|---|---|---|---|---|---|---|",
    ];

    public void Add(string scenario, Figure figure, IReadOnlyList<double> comparator, IReadOnlyList<double> gateway)
    {
        if (gateway.Count == 0)
        {
            return;
        }

        double? difference = comparator.Count == 0 ? null : figure.Comparison switch
        {
            Comparison.Ratio => Median(gateway) / Median(comparator),
            Comparison.Difference => Median(gateway) - Median(comparator),
            _ => null,
        };
        var judged = difference ?? Median(gateway);
        var met = figure.Aim is null ? "" : (figure.AtLeast ? judged >= figure.Aim : judged <= figure.Aim) ? "yes" : "**no**";
        _lines.Add($"| {scenario} | {figure.Name} | {Cell(comparator)} | {Cell(gateway)} | {Compared(figure.Comparison, difference)} | {Aim(figure)} | {met} |");
    }

    public bool IsEmpty => _lines.Count == 2;

    public override string ToString() => string.Join('\n', _lines);

    /// <summary>A part of a whole in percent.</summary>
    public static string Share(long part, long whole) => ((double)part / whole).ToString("0.0 %", CultureInfo.InvariantCulture);

    public static string Number(double? value) => value is { } number ? Number(number) : "";

    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("# ##0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    private static string Cell(IReadOnlyList<double> values) =>
        values.Count == 0 ? "" : values.Count == 1 ? Number(values[0]) : $"{Number(Median(values))} ({Number(values.Min())} to {Number(values.Max())})";

    private static string Compared(Comparison comparison, double? value) => (comparison, value) switch
    {
        (Comparison.Ratio, { } ratio) => ratio.ToString("0.00x", CultureInfo.InvariantCulture),
        (Comparison.Difference, { } difference) => difference.ToString("+0.000;-0.000", CultureInfo.InvariantCulture),
        _ => "",
    };

    private static string Aim(Figure figure)
    {
        if (figure.Aim is not { } aim)
        {
            return "";
        }

        var sign = figure.AtLeast ? ">=" : "<=";
        return figure.Comparison switch
        {
            Comparison.Ratio => $"{sign} {aim:0.##}x",
            Comparison.Difference => $"{sign} {aim:+0.##}",
            _ => $"{sign} {aim:0.##}",
        };
    }

    private static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
