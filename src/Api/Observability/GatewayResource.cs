using OpenTelemetry.Resources;
using Sluice.Api.Configuration;

namespace Sluice.Api.Observability;

/// <summary>Who sends the telemetry (OpenTelemetry resource semantic conventions).</summary>
internal static class GatewayResource
{
    public static ResourceBuilder Of(TelemetryOptions options, string? project)
    {
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        if (project is not null)
        {
            // Cloud Trace refuses spans without it.
            attributes["gcp.project_id"] = project;
        }

        if (options.OnGoogleCloud)
        {
            attributes["cloud.provider"] = "gcp";
            if (project is not null)
            {
                attributes["cloud.account.id"] = project;
            }
        }

        if (options.CloudRunService is { } service)
        {
            attributes["cloud.platform"] = "gcp_cloud_run";
            attributes["faas.name"] = service;
            if (options.CloudRunRevision is { } revision)
            {
                attributes["faas.version"] = revision;
            }
        }

        return ResourceBuilder.CreateEmpty()
            .AddTelemetrySdk()
            .AddAttributes(attributes)
            .AddEnvironmentVariableDetector()
            .AddService(options.ServiceName, serviceVersion: Usage.Version);
    }
}
