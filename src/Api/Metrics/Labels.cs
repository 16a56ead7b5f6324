using System.Globalization;
using System.Text;

namespace Sluice.Api.Metrics;

/// <summary>Tags as Prometheus writes them between braces: <c>a="1",b="2"</c>, in the order of their names.</summary>
internal static class Labels
{
    /// <summary>No label: the other side may have any number of addresses.</summary>
    private const string PeerAddress = "network.peer.address";

    public static string Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            if (tag.Key == PeerAddress)
            {
                continue;
            }

            var name = PrometheusName.OfLabel(tag.Key);
            var value = ValueOf(tag.Value);

            // Two tags may have one name where only Prometheus's letters count; the specification has their values joined.
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{value}" : value;
        }

        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(name).Append("=\"").Append(Escaped(value)).Append('"');
        }

        return text.ToString();
    }

    public static byte[] Utf8(string labels) => Encoding.UTF8.GetBytes(labels);

    private static string ValueOf(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Escaped(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
