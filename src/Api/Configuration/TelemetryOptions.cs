using Sluice.Vertex;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Where a part of the telemetry goes: decided by what is there, or said.</summary>
internal enum Presence
{
    Auto,
    On,
    Off,
}

/// <summary>Traces and metrics for the outside. OpenTelemetry's own variables (OTEL_...) are honoured as its specification says.</summary>
internal sealed record TelemetryOptions
{
    public static readonly SettingSection Section = new("Telemetry", "Traces and metrics, besides OpenTelemetry's own OTEL_... variables");

    private static readonly Setting<string?> ServiceNameSetting = Section.Add(
        "ServiceName", Text("a text of at most 128 characters", 128), "bobs-brain-gateway",
        "service.name of everything exported.",
        "OTEL_SERVICE_NAME");

    private static readonly Setting<double> SampleRatioSetting = Section.Add(
        "SampleRatio", Ratio, 1,
        "Share of traces recorded of those whose caller did not decide it. Not looked at when OTEL_TRACES_SAMPLER is set.");

    private static readonly Setting<Presence> CloudTraceSetting = Section.Add(
        "CloudTrace", Choice<Presence>(), Presence.Auto,
        "Export of traces to Cloud Trace. auto: on Google Cloud, when no OTLP endpoint is configured (a collector there would send each span twice).");

    private static readonly Setting<Uri?> CloudTraceEndpointSetting = Section.Add(
        "CloudTraceEndpoint", BaseUrl, new Uri("https://telemetry.googleapis.com/v1/traces"),
        "Where Cloud Trace takes OTLP (http/protobuf); plain http only to loopback, for it is sent credentials.");

    private static readonly Setting<string?> ProjectSetting = Section.Add(
        "Project", Text("a project id", 63, EngineName.IsProject), null,
        "Project that traces and logs belong to; unset: asked of the metadata server on Google Cloud, else the engine's.",
        "GOOGLE_CLOUD_PROJECT", "PROJECT_ID");

    public required string ServiceName { get; init; }

    public required double SampleRatio { get; init; }

    public required bool ToOtlp { get; init; }

    public required bool MetricsToOtlp { get; init; }

    public required bool ToCloudTrace { get; init; }

    public required Uri CloudTraceEndpoint { get; init; }

    public string? Project { get; init; }

    /// <summary>Whether OTEL_TRACES_SAMPLER decides instead of <see cref="SampleRatio"/>.</summary>
    public required bool SamplerIsForeign { get; init; }

    public string? CloudRunService { get; init; }

    public string? CloudRunRevision { get; init; }

    public required bool OnGoogleCloud { get; init; }

    public static TelemetryOptions Read(SettingReader settings)
    {
        var enabled = !string.Equals(settings.Foreign("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        var otlp = enabled && Exports(settings, "TRACES");
        var onGoogleCloud = GoogleCloud.IsHere(settings);
        var cloudTraceEndpoint = settings.Get(CloudTraceEndpointSetting)!;
        if (cloudTraceEndpoint.Scheme == Uri.UriSchemeHttp && !cloudTraceEndpoint.IsLoopback)
        {
            settings.Refuse(CloudTraceEndpointSetting, $"'{cloudTraceEndpoint}' would get credentials over plain http");
        }

        return new TelemetryOptions
        {
            ServiceName = settings.Get(ServiceNameSetting)!,
            SampleRatio = settings.Get(SampleRatioSetting),
            ToOtlp = otlp,
            MetricsToOtlp = enabled && Exports(settings, "METRICS"),
            ToCloudTrace = enabled && settings.Get(CloudTraceSetting) switch
            {
                Presence.On => true,
                Presence.Off => false,
                _ => onGoogleCloud && !otlp,
            },
            CloudTraceEndpoint = cloudTraceEndpoint,
            Project = settings.Get(ProjectSetting),
            SamplerIsForeign = settings.Foreign("OTEL_TRACES_SAMPLER") is not null,
            CloudRunService = settings.Foreign("K_SERVICE"),
            CloudRunRevision = settings.Foreign("K_REVISION"),
            OnGoogleCloud = onGoogleCloud,
        };
    }

    private static bool Exports(SettingReader settings, string signal) =>
        settings.Foreign($"OTEL_{signal}_EXPORTER") is null or "otlp"
        && (settings.Foreign("OTEL_EXPORTER_OTLP_ENDPOINT") ?? settings.Foreign($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is not null;
}
