using Sluice.Api.Configuration;

namespace Sluice.Api.Metrics;

/// <summary>Which gateway this is: OpenTelemetry's resource, as the metric that Prometheus joins others with.</summary>
internal static class TargetInfo
{
    private const string Name = "target_info";

    public static void Write(ExpositionText text, TelemetryOptions telemetry)
    {
        text.Head(Name, MetricKind.Gauge, "The gateway that is measured.");
        text.Sample(Name, Labels.Utf8(Labels.Of([.. Attributes(telemetry)])), 1);
    }

    private static IEnumerable<KeyValuePair<string, object?>> Attributes(TelemetryOptions telemetry)
    {
        yield return new("service.name", telemetry.ServiceName);
        yield return new("service.version", Usage.Version);
        if (telemetry.CloudRunRevision is { } revision)
        {
            yield return new("faas.version", revision);
        }
    }
}
