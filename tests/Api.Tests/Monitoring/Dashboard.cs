using System.Text.Json;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>The dashboard for Grafana, read.</summary>
internal static class Dashboard
{
    private static readonly JsonElement[] Panels =
        [.. JsonDocument.Parse(Repository.Read("infra/grafana/sluice.json")).RootElement.GetProperty("panels").EnumerateArray()];

    /// <summary>Every question that a panel asks, as Grafana would put it.</summary>
    public static IReadOnlyList<(string Panel, string Query)> Queries { get; } =
    [
        .. from panel in Panels
           where panel.TryGetProperty("targets", out _)
           from target in panel.GetProperty("targets").EnumerateArray()
           select (TitleOf(panel), target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "1m", StringComparison.Ordinal)),
    ];

    /// <summary>Where the panels that ask for that have their line.</summary>
    public static IReadOnlyList<double> ThresholdsOf(string query) =>
    [
        .. from panel in Panels
           where panel.TryGetProperty("targets", out var targets) && targets.EnumerateArray().Any(target => target.GetProperty("expr").GetString() == query)
           from step in panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("thresholds").GetProperty("steps").EnumerateArray()
           where step.GetProperty("value").ValueKind == JsonValueKind.Number
           select step.GetProperty("value").GetDouble(),
    ];

    private static string TitleOf(JsonElement panel) => panel.GetProperty("title").GetString()!;
}
