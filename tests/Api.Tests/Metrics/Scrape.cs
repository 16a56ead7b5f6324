using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.Api.Tests.Metrics;

/// <summary>What Prometheus was told at one time, read back.</summary>
internal sealed partial class Scrape
{
    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _samples = [];
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);

    /// <summary>Metrics by their names, with or without samples, and what kind they are.</summary>
    public IReadOnlyDictionary<string, string> Kinds => _kinds;

    /// <summary>Every name that a query can ask for.</summary>
    public IEnumerable<string> Names => _kinds.SelectMany(pair => pair.Value == "histogram"
        ? [$"{pair.Key}_bucket", $"{pair.Key}_sum", $"{pair.Key}_count"]
        : new[] { pair.Key });

    /// <summary>Every label that a sample has.</summary>
    public IEnumerable<string> LabelNames => _samples.SelectMany(sample => sample.Labels.Keys).Distinct(StringComparer.Ordinal);

    public static Scrape Of(string text)
    {
        var scrape = new Scrape();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                scrape._kinds.Add(line.Split(' ')[2], line.Split(' ')[3]);
            }
            else if (!line.StartsWith('#'))
            {
                var match = Sample().Match(line);
                match.Success.ShouldBeTrue(line);
                var labels = Label().Matches(match.Groups["labels"].Value).ToDictionary(label => label.Groups["name"].Value, label => label.Groups["value"].Value, StringComparer.Ordinal);
                var value = match.Groups["value"].Value;
                scrape._samples.Add((match.Groups["name"].Value, labels, value == "+Inf" ? double.PositiveInfinity : double.Parse(value, CultureInfo.InvariantCulture)));
            }
        }

        return scrape;
    }

    /// <summary>The samples of that name with these labels, added up; null: there are none.</summary>
    public double? Find(string name, params (string Name, string Value)[] labels)
    {
        var found = _samples.Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value)).ToList();
        return found.Count == 0 ? null : found.Sum(sample => sample.Value);
    }

    public double Sum(string name, params (string Name, string Value)[] labels) =>
        Find(name, labels) ?? throw new InvalidOperationException($"There is no sample of {name} with {string.Join(", ", labels)}.");

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>[^ ]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\]|\\.)*)",?""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
