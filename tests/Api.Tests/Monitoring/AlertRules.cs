namespace Sluice.Api.Tests.Monitoring;

/// <summary>The rules for Prometheus, read.</summary>
internal static class AlertRules
{
    public static IReadOnlyList<Rule> Alerts { get; } = [.. RulesOf("infra/prometheus/alerts.yml")];

    public static IReadOnlyList<Rule> Recorded { get; } = [.. RulesOf("infra/prometheus/recording.yml")];

    public static Rule Alert(string name) => Alerts.Single(alert => alert.Name == name);

    public static Rule Record(string name) => Recorded.Single(rule => rule.Name == name);

    private static IEnumerable<Rule> RulesOf(string file) =>
        from @group in (List<object>)Yaml.Read<Dictionary<string, object>>(file)["groups"]
        from rule in (List<object>)((Dictionary<object, object>)@group)["rules"]
        select Rule.Of((Dictionary<object, object>)rule);
}

/// <param name="Name">Of the alert, or of what is recorded.</param>
/// <param name="Query">What is asked.</param>
/// <param name="For">How long it has to be so; empty: not at all.</param>
/// <param name="Runbook">Where an alert's page is.</param>
internal sealed record Rule(string Name, string Query, string For, string Runbook)
{
    /// <summary>What a rule compares with, behind its last <c>&gt;</c> or <c>&lt;</c>.</summary>
    public double Threshold => double.Parse(Query.Split('>', '<')[^1], System.Globalization.CultureInfo.InvariantCulture);

    public static Rule Of(Dictionary<object, object> rule) => new(
        (string)rule.GetValueOrDefault("alert", rule.GetValueOrDefault("record")!),
        (string)rule["expr"],
        (string)rule.GetValueOrDefault("for", ""),
        rule.TryGetValue("annotations", out var annotations) ? (string)((Dictionary<object, object>)annotations)["runbook_url"] : "");
}
