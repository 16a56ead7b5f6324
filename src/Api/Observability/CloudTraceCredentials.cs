using System.Net.Http.Headers;
using Google.Apis.Auth.OAuth2;

namespace Sluice.Api.Observability;

/// <summary>
/// Signs the export to Cloud Trace with the application default credentials. They are looked for at the first export, on the exporter's own thread: a
/// gateway without them starts and serves like any other.
/// </summary>
internal sealed class CloudTraceCredentials(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Scope = "https://www.googleapis.com/auth/trace.append";

    private GoogleCredential? _credential;

    // The exporter sends synchronously from a thread that does nothing else.
#pragma warning disable VSTHRD002
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        SignAsync(request, cancellationToken).GetAwaiter().GetResult();
        return base.Send(request, cancellationToken);
    }
#pragma warning restore VSTHRD002

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await SignAsync(request, cancellationToken);
        return await base.SendAsync(request, cancellationToken);
    }

    private async Task SignAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _credential ??= (await GoogleCredential.GetApplicationDefaultAsync(cancellationToken)).CreateScoped(Scope);
        var token = await ((ITokenAccess)_credential).GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (_credential.QuotaProject is { Length: > 0 } quotaProject)
        {
            // A person's own credentials have no project to bill the call to.
            request.Headers.TryAddWithoutValidation("x-goog-user-project", quotaProject);
        }
    }
}
