using System.Text.RegularExpressions;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>What a query of Prometheus's asks for: the names of metrics and of labels in it.</summary>
internal sealed partial record PromQuery(IReadOnlyList<string> Metrics, IReadOnlyList<string> Labels)
{
    public static PromQuery Of(string query)
    {
        var labels = new List<string>();
        var rest = Grouping().Replace(query, grouping =>
        {
            labels.AddRange(grouping.Groups["labels"].Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries));
            return " ";
        });
        rest = Matchers().Replace(rest, matchers =>
        {
            labels.AddRange(Label().Matches(matchers.Value).Select(label => label.Groups["name"].Value));
            return " ";
        });
        var metrics = Word().Matches(Range().Replace(rest, " ")).Select(word => word.Value).Where(word => word is not ("or" or "and" or "unless"));
        return new PromQuery([.. metrics.Distinct(StringComparer.Ordinal)], [.. labels.Distinct(StringComparer.Ordinal)]);
    }

    [GeneratedRegex(@"\b(by|without|on|ignoring)\s*\((?<labels>[^)]*)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Matchers();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"[^"]*"?""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Range();

    // Not a function, which has its arguments behind it.
    [GeneratedRegex(@"(?<![a-zA-Z0-9_:.])[a-zA-Z_:][a-zA-Z0-9_:]*(?![a-zA-Z0-9_:]|\s*\()", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
