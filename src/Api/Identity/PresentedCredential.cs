using Microsoft.Extensions.Primitives;

namespace Sluice.Api.Identity;

/// <summary>
/// What a request brings to say who is asking: <c>Authorization: Bearer</c>, <c>x-api-key</c> or <c>X-Serverless-Authorization: Bearer</c>. Exactly one counts; which of two
/// a proxy in front has looked at, nobody could tell.
/// </summary>
internal readonly record struct PresentedCredential(string? Text, Denial? Denial)
{
    public const string ApiKeyHeader = "x-api-key";
    public const string ServerlessHeader = "X-Serverless-Authorization";

    /// <summary>What Cloud Run puts in the place of the signature of a token that it has checked for itself.</summary>
    public const string RemovedSignature = ".SIGNATURE_REMOVED_BY_GOOGLE";

    private const string Scheme = "Bearer ";

    public static PresentedCredential Of(HttpRequest request)
    {
        var headers = request.Headers;
        var (authorization, key, serverless) = (headers.Authorization, headers[ApiKeyHeader], headers[ServerlessHeader]);
        if (authorization.Count > 1 || key.Count > 1 || serverless.Count > 1)
        {
            return new PresentedCredential(null, Identity.Denial.SeveralCredentials);
        }

        var bearer = BearerOf(authorization);
        var consumed = IsConsumed(bearer);
        if (consumed)
        {
            bearer = null;
        }

        if (bearer is not null && key.Count == 1)
        {
            return new PresentedCredential(null, Identity.Denial.SeveralCredentials);
        }

        if ((bearer ?? (key.Count == 1 ? key[0] : null)) is { } said)
        {
            return new PresentedCredential(said, null);
        }

        // Meant for Cloud Run. Where that is not in front, or does not check, it is as good as the other.
        var other = BearerOf(serverless);
        consumed |= IsConsumed(other);
        return other is not null && !IsConsumed(other)
            ? new PresentedCredential(other, null)
            : new PresentedCredential(null, consumed ? Identity.Denial.SignatureRemoved : Identity.Denial.NoCredential);
    }

    private static bool IsConsumed(string? token) => token?.EndsWith(RemovedSignature, StringComparison.Ordinal) == true;

    private static string? BearerOf(StringValues header) =>
        header is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? value[Scheme.Length..].Trim(' ') : null;
}
