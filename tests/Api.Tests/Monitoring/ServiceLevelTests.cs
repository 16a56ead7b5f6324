using System.Globalization;
using System.Text.RegularExpressions;
using Sluice.Api.Observability;
using Sluice.Api.Probing;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>The numbers of infra/slo.yaml are the same wherever they are said again.</summary>
public sealed partial class ServiceLevelTests
{
    [Fact]
    public void What_the_original_promised_is_promised()
    {
        ServiceLevels.Guardrails.ShouldBe(
            ["latency_p95_s", "latency_p99_s", "error_rate_pct", "health_timeout_s", "invoke_timeout_s", "canary_window_s", "canary_percent", "uptime_target_pct"]);
        ServiceLevels.Window("latency").ShouldBe("7d");
        ServiceLevels.Number("objectives", "canary_stop_s").ShouldBe(120);
        ServiceLevels.Number("objectives", "probe_every_min").ShouldBe(15);
    }

    [Theory]
    [InlineData("SluiceLatencyP95", "latency_p95_s", 1)]
    [InlineData("SluiceLatencyP99", "latency_p99_s", 1)]
    [InlineData("SluiceRequestErrors", "error_rate_pct", 0.01)]
    [InlineData("SluiceTurnErrors", "error_rate_pct", 0.01)]
    [InlineData("SluiceEngineErrors", "error_rate_pct", 0.01)]
    [InlineData("SluiceUptime", "uptime_target_pct", 0.01)]
    public void An_alert_of_a_level_is_given_at_that_level_and_not_at_once(string alert, string guardrail, double unit)
    {
        var rule = AlertRules.Alert(alert);

        rule.Threshold.ShouldBe(ServiceLevels.Number("guardrails", guardrail) * unit, 1e-9);
        rule.For.ShouldBe($"{ServiceLevels.Number("alerts", "after_min")}m");
    }

    [Theory]
    [InlineData("sluice:turn_duration_seconds:p95_rate5m", "latency_p95_s", 1)]
    [InlineData("sluice:turn_duration_seconds:p95_rate7d", "latency_p95_s", 1)]
    [InlineData("sluice:request_errors:ratio_rate5m", "error_rate_pct", 0.01)]
    [InlineData("sluice:request_errors:ratio_rate30d", "error_rate_pct", 0.01)]
    [InlineData("sluice:turn_errors:ratio_rate5m", "error_rate_pct", 0.01)]
    [InlineData("sluice:engine_errors:ratio_rate5m", "error_rate_pct", 0.01)]
    [InlineData("sluice:engine_errors:ratio_rate30d", "error_rate_pct", 0.01)]
    [InlineData("sluice:up:avg30d", "uptime_target_pct", 0.01)]
    public void A_panel_of_a_level_has_its_line_there(string query, string guardrail, double unit) =>
        Dashboard.ThresholdsOf(query).ShouldHaveSingleItem().ShouldBe(ServiceLevels.Number("guardrails", guardrail) * unit, 1e-9);

    [Theory]
    [InlineData("latency", "sluice:turn_duration_seconds:p95_rate")]
    [InlineData("gateway_errors", "sluice:request_errors:ratio_rate")]
    [InlineData("engine_errors", "sluice:engine_errors:ratio_rate")]
    [InlineData("uptime", "sluice:up:avg")]
    public void What_is_promised_is_recorded_over_the_time_it_is_promised_for(string objective, string record)
    {
        var window = ServiceLevels.Window(objective);

        AlertRules.Record(record + window).Query.ShouldContain($"[{window}]");
    }

    [Theory]
    [InlineData("latency_p95_s")]
    [InlineData("latency_p99_s")]
    public void A_latency_that_is_promised_is_the_edge_of_a_bucket(string guardrail) =>
        // Else the quantile is a guess between the edges around it, and above the last one there is none.
        TurnMetrics.DurationBounds[..^1].ShouldContain(ServiceLevels.Number("guardrails", guardrail));

    [Fact]
    public void A_probe_waits_as_long_as_the_guardrails_say()
    {
        var plan = new ProbePlan { Url = new Uri("http://localhost") };

        plan.HealthTimeout.TotalSeconds.ShouldBe(ServiceLevels.Number("guardrails", "health_timeout_s"));
        plan.InvokeTimeout.TotalSeconds.ShouldBe(ServiceLevels.Number("guardrails", "invoke_timeout_s"));
        Repository.Read(".github/workflows/probe.yml").ShouldContain($"cron: \"*/{ServiceLevels.Number("objectives", "probe_every_min")} * * * *\"");
    }

    [Fact]
    public void The_runbook_tells_every_number_as_it_is()
    {
        var told = Row().Matches(Repository.Read("docs/operating.md")).ToDictionary(row => row.Groups["name"].Value, row => row.Groups["value"].Value, StringComparer.Ordinal);

        told.Keys.Order().ShouldBe(ServiceLevels.Guardrails.Order());
        foreach (var (name, value) in told)
        {
            double.Parse(value, CultureInfo.InvariantCulture).ShouldBe(ServiceLevels.Number("guardrails", name), name);
        }
    }

    // | P95 of turns | 10 s | `latency_p95_s` |
    [GeneratedRegex(@"^\|[^|]*\| (?<value>[0-9.]+) [^|]*\| `(?<name>[a-z0-9_]+)` \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
