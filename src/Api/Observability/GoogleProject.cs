using System.Net;
using Sluice.Api.Configuration;
using Sluice.Vertex;

namespace Sluice.Api.Observability;

/// <summary>The project that traces and logs belong to. Configured, or asked of the metadata server once the process has started.</summary>
internal sealed class GoogleProject(string? id)
{
    private volatile string? _id = id;

    public GoogleProject(TelemetryOptions telemetry, EngineOptions engine)
        : this(telemetry.Project ?? (telemetry.OnGoogleCloud ? null : engine.Name?.Project))
    {
    }

    /// <summary>Null while it is not known.</summary>
    public string? Id => _id;

    /// <summary>Returns the project; null when there is no metadata server to tell it.</summary>
    public async Task<string?> FindAsync(HttpMessageInvoker http, string metadataHost, CancellationToken cancellationToken)
    {
        if (_id is not null)
        {
            return _id;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{metadataHost}/computeMetadata/v1/project/project-id");
        request.Headers.Add("Metadata-Flavor", "Google");
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK
                && await response.Content.ReadAsStringAsync(cancellationToken) is var found
                && EngineName.IsProject(found))
            {
                _id = found;
            }
        }
        catch (HttpRequestException)
        {
            // No such server: the process may carry Google Cloud's marks without being there.
        }

        return _id;
    }
}
