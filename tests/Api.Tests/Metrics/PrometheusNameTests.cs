using Sluice.Api.Metrics;

namespace Sluice.Api.Tests.Metrics;

public sealed class PrometheusNameTests
{
    [Theory]
    [InlineData("sluice.turn.duration", "s", nameof(MetricKind.Histogram), "sluice_turn_duration_seconds")]
    [InlineData("sluice.turns.refused", "{request}", nameof(MetricKind.Counter), "sluice_turns_refused_total")]
    [InlineData("sluice.turns.active", "{turn}", nameof(MetricKind.Gauge), "sluice_turns_active")]
    [InlineData("sluice.log.remembered", "By", nameof(MetricKind.Gauge), "sluice_log_remembered_bytes")]
    [InlineData("dotnet.process.cpu.time", "s", nameof(MetricKind.Counter), "dotnet_process_cpu_time_seconds_total")]
    [InlineData("jobs.total", "", nameof(MetricKind.Counter), "jobs_total")]
    [InlineData("wait.seconds", "s", nameof(MetricKind.Histogram), "wait_seconds")]
    [InlineData("wait.seconds.total", "s", nameof(MetricKind.Counter), "wait_seconds_total")]
    [InlineData("milliseconds", "s", nameof(MetricKind.Gauge), "milliseconds_seconds")]
    [InlineData("hit.share", "1", nameof(MetricKind.Gauge), "hit_share_ratio")]
    [InlineData("hits", "1", nameof(MetricKind.Counter), "hits_total")]
    [InlineData("disk.speed", "By/s", nameof(MetricKind.Gauge), "disk_speed_bytes_per_second")]
    [InlineData("turnover", "{turn}/min", nameof(MetricKind.Gauge), "turnover_per_minute")]
    [InlineData("2nd--try.", null, nameof(MetricKind.Gauge), "_2nd_try")]
    [InlineData("größe", null, nameof(MetricKind.Gauge), "gr_e")]
    public void Instruments_are_named_by_the_rules(string instrument, string? unit, string kind, string name) =>
        PrometheusName.Of(instrument, unit, Enum.Parse<MetricKind>(kind)).ShouldBe(name);

    [Theory]
    [InlineData("dotnet.process.cpu.count", nameof(MetricKind.Gauge))]
    [InlineData("a.sum", nameof(MetricKind.Gauge))]
    public void What_would_be_taken_for_a_part_of_a_histogram_has_no_name(string instrument, string kind) =>
        PrometheusName.Of(instrument, "{x}", Enum.Parse<MetricKind>(kind)).ShouldBeNull();
}
