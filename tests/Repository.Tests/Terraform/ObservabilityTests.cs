namespace Sluice.Repository.Tests.Terraform;

public sealed class ObservabilityTests
{
    private static readonly TerraformFolder Module = TerraformFolder.At("modules/observability");

    [Fact]
    public void An_alert_is_about_a_share_of_the_requests_for_five_minutes()
    {
        var errors = Condition("errors");
        errors["query"].ShouldContain("""response_code_class=\"5xx\""");
        errors["query"].ShouldContain("/ sum(rate(run_googleapis_com:request_count{${local.revisions}}[5m])) > ${local.error_ratio}");
        errors["duration"].ShouldBe("\"300s\"");

        var latency = Condition("latency");
        latency["query"].ShouldContain("histogram_quantile(0.95,");
        latency["query"].ShouldContain("> ${local.guardrails.latency_p95_s * 1000}");
        latency["duration"].ShouldBe("\"300s\"");
    }

    [Fact]
    public void Its_numbers_are_those_of_the_service_levels()
    {
        var locals = Module.Blocks.First(block => block.Type == "locals" && block.Attributes.ContainsKey("guardrails"));
        locals["guardrails"].ShouldBe("""yamldecode(file("${path.module}/../../../slo.yaml")).guardrails""");
        locals["error_ratio"].ShouldBe("local.guardrails.error_rate_pct / 100");
        File.Exists(RepositoryRoot.Combine("infra", "slo.yaml")).ShouldBeTrue();
    }

    [Fact]
    public void Every_alert_reaches_somebody() =>
        Module.ResourcesOf("google_monitoring_alert_policy").ShouldAllBe(policy => policy["notification_channels"] == "var.notification_channels");

    [Fact]
    public void The_budget_is_three_hundred_dollars_and_told_at_four_fifths_of_it_and_at_all()
    {
        Module.Variable("budget_usd")["default"].ShouldBe("300");
        var budget = Module.Resource("google_billing_budget", "this");
        budget.Blocks.Where(block => block.Type == "threshold_rules").Select(rule => rule["threshold_percent"]).ShouldBe(["0.8", "1.0"]);
        budget.At("amount", "specified_amount")["currency_code"].ShouldBe("\"USD\"");
    }

    [Fact]
    public void The_log_is_counted_by_events_that_the_gateway_writes()
    {
        var counted = Module.Blocks.First(block => block.Type == "locals" && block.Attributes.ContainsKey("counted"))["counted"];
        var source = string.Concat(Directory.EnumerateFiles(RepositoryRoot.Combine("src", "Api"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var events = System.Text.RegularExpressions.Regex.Matches(
            counted, """labels\.event=\\"(?<event>\w+)\\""", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        events.Count.ShouldBeGreaterThan(3);
        foreach (System.Text.RegularExpressions.Match match in events)
        {
            source.ShouldContain($"partial void {match.Groups["event"].Value}(", Case.Sensitive);
        }
    }

    private static HclBlock Condition(string policy) =>
        Module.Resource("google_monitoring_alert_policy", policy).At("conditions", "condition_prometheus_query_language");
}
