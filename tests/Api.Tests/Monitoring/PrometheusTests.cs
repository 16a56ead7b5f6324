using Sluice.TestKit;

namespace Sluice.Api.Tests.Monitoring;

public sealed class PrometheusTests(MonitoredStage monitored) : IClassFixture<MonitoredStage>
{
    /// <summary>Put on every series by the one who scrapes.</summary>
    private static readonly string[] Scraped = ["instance", "job", "le", "otel_metric_overflow"];

    public static IEnumerable<object[]> Queries =>
        Dashboard.Queries.Concat(AlertRules.Alerts.Concat(AlertRules.Recorded).Select(rule => (rule.Name, rule.Query))).Select(asked => new object[] { asked.Item1, asked.Item2 });

    [Fact]
    public void What_has_happened_is_counted()
    {
        var scrape = monitored.Scrape;

        scrape.Sum("sluice_turn_duration_seconds_count", ("sluice_turn_outcome", "completed")).ShouldBeGreaterThanOrEqualTo(5);
        scrape.Sum("sluice_turn_duration_seconds_count", ("sluice_turn_outcome", "failed")).ShouldBe(1);
        scrape.Sum("sluice_turns_refused_total").ShouldBe(2);
        scrape.Sum("sluice_limits_refused_total", ("sluice_limit_policy", "budget-session")).ShouldBe(1);
        scrape.Sum("sluice_cache_requests_total", ("sluice_cache_outcome", "bypass")).ShouldBeGreaterThan(0);
        scrape.Sum("sluice_engine_retries_total", ("error_type", "engine_unavailable")).ShouldBeGreaterThanOrEqualTo(1);
        scrape.Sum("sluice_fallbacks_total", ("sluice_fallback", "text")).ShouldBe(1);
        scrape.Sum("sluice_engine_recoveries_total").ShouldBe(1);
        scrape.Sum("gen_ai_client_token_usage_count", ("gen_ai_token_type", "output")).ShouldBeGreaterThan(0);
        scrape.Sum("gen_ai_client_operation_time_to_first_chunk_seconds_count", ("cloud_region", "us-central1")).ShouldBeGreaterThan(0);
        scrape.Sum("gen_ai_client_operation_time_per_output_chunk_seconds_count").ShouldBeGreaterThan(0);
        scrape.Sum("sluice_sessions_in_memory").ShouldBeGreaterThan(0);
        scrape.Sum("sluice_log_remembered_bytes").ShouldBeGreaterThan(0);
        scrape.Sum("sluice_streams_active").ShouldBe(0);
        scrape.Sum("sluice_turns_active").ShouldBe(0);
        scrape.Sum("dotnet_process_memory_working_set_bytes").ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void Every_question_is_about_metrics_and_labels_there_are(string place, string query)
    {
        var asked = PromQuery.Of(query);
        var scrape = monitored.Scrape;

        asked.Metrics.Except([.. scrape.Names, .. AlertRules.Recorded.Select(rule => rule.Name), "up"], StringComparer.Ordinal).ShouldBeEmpty(place);
        asked.Labels.Except([.. scrape.LabelNames, .. Scraped], StringComparer.Ordinal).ShouldBeEmpty(place);
    }

    [PrometheusFact]
    public async Task Promtool_finds_nothing_wrong_with_the_metrics()
    {
        var (exitCode, said) = await PrometheusFactAttribute.PromtoolAsync(monitored.Text, "check", "metrics");

        said.ShouldBeEmpty();
        exitCode.ShouldBe(0);
    }

    [PrometheusFact]
    public async Task Prometheus_scrapes_a_gateway_and_answers_every_question_about_it()
    {
        await using var prometheus = await PrometheusServer.StartAsync(monitored.Stage.Address);

        await prometheus.UntilAsync("""up{job="sluice"}""", up => up.Equals(1));
        await prometheus.UntilAsync("sum(sluice_turn_duration_seconds_count)", turns => turns >= 6);
        await prometheus.UntilAsync("sluice:up:max", up => up.Equals(1));
        foreach (var (panel, query) in Dashboard.Queries)
        {
            (await prometheus.AskAsync(query)).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Array, panel);
        }

        var now = AlertRules.Recorded.Where(rule => !rule.Query.Contains("[7d]", StringComparison.Ordinal) && !rule.Query.Contains("[30d]", StringComparison.Ordinal));
        string[] rules = [.. AlertRules.Alerts.Concat(now).Select(rule => rule.Name).Order()];
        await prometheus.UntilAsync(async limit =>
        {
            var evaluated = await prometheus.RulesAsync(limit);
            evaluated.Values.ShouldAllBe(health => health == "ok");
            return rules.All(evaluated.ContainsKey);
        });
    }

    [PrometheusFact]
    public async Task Every_alert_is_given_when_it_should_be_and_only_then()
    {
        string[] tests = [.. Directory.EnumerateFiles(Repository.PathOf("infra/prometheus/tests"), "*.yml")];

        var (exitCode, said) = await PrometheusFactAttribute.PromtoolAsync("", ["test", "rules", .. tests]);

        exitCode.ShouldBe(0, said);
        var tested = string.Concat(tests.Select(File.ReadAllText));
        AlertRules.Alerts.ShouldAllBe(alert => tested.Contains($"runbook_url: {alert.Runbook}\n", StringComparison.Ordinal));
    }
}
