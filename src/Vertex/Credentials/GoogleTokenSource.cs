using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Responses;

namespace Sluice.Vertex.Credentials;

/// <summary>
/// Application default credentials: the file in GOOGLE_APPLICATION_CREDENTIALS (service account key, authorised user, workload identity federation),
/// gcloud's own file, or the metadata server. Nothing is read before the first token is asked for.
/// </summary>
/// <remarks>
/// Google's library caches tokens itself and hands out the cached one until 3:45 before it expires, also after a 401. So its cache is passed by: each
/// request here asks the token server, and <see cref="CachedTokens"/> is the only cache.
/// </remarks>
internal sealed class GoogleTokenSource(Func<CancellationToken, Task<GoogleCredential>> find) : ITokenSource
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";
    private const string Advice =
        "Give the gateway a service account (Cloud Run, GKE), set GOOGLE_APPLICATION_CREDENTIALS, or run 'gcloud auth application-default login'.";

    private GoogleCredential? _credential;

    public GoogleTokenSource()
        : this(GoogleCredential.GetApplicationDefaultAsync)
    {
    }

    public async Task<Token> RequestAsync(CancellationToken cancellationToken)
    {
        try
        {
            _credential ??= (await find(cancellationToken)).CreateScoped(Scope);
        }
        catch (Exception defect) when (defect is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // The library's message names files and variables, never what is in them.
            throw new TokenException($"No Google credentials were found: {defect.Message} {Advice}", defect);
        }

        try
        {
            var token = await NewAsync(_credential, cancellationToken)
                ?? throw new TokenException("Google's token server gave no access token.");
            var left = token.ExpiresInSeconds is { } seconds
                ? token.IssuedUtc.AddSeconds(seconds) - DateTime.UtcNow
                : TimeSpan.FromMinutes(5);
            return new Token(token.AccessToken, left, _credential.QuotaProject);
        }
        catch (TokenResponseException refusal)
        {
            throw new TokenException($"Google's token server refused the credentials: {refusal.Error?.Error} {refusal.Error?.ErrorDescription}".TrimEnd(), refusal);
        }
        catch (Exception defect) when (defect is HttpRequestException or IOException
            || (defect is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new TokenException("Google's token server could not be reached.", defect);
        }
    }

    private static async Task<TokenResponse?> NewAsync(GoogleCredential credential, CancellationToken cancellationToken)
    {
        switch (credential.UnderlyingCredential)
        {
            case ServiceCredential service:
                return await service.RequestAccessTokenAsync(cancellationToken) ? service.Token : null;
            case UserCredential user:
                return await user.RefreshTokenAsync(cancellationToken) ? user.Token : null;
            default:
                // A kind this was not written for: its own cache decides, so it is asked again soon.
                var token = await credential.UnderlyingCredential.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
                return new TokenResponse { AccessToken = token, ExpiresInSeconds = 300, IssuedUtc = DateTime.UtcNow };
        }
    }
}
