using Sluice.Api.Problems;
using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>
/// What a denial is over HTTP: a problem, and a challenge (RFC 6750, section 3). Whether a key of that name exists is told to nobody; what is wrong with a token, its bearer could
/// read in it.
/// </summary>
internal static class DenialTable
{
    private const string Realm = "Bearer realm=\"sluice\"";
    private const string HowToCall = "Send an API key or an identity token as 'Authorization: Bearer ...', or an API key as 'x-api-key: ...'.";

    public static (Problem Problem, string? Challenge) Of(Denial denial) => denial switch
    {
        Denial.NoCredential => (new Problem(401, "credentials_missing", $"Callers have to say who they are. {HowToCall}"), Realm),
        Denial.SeveralCredentials => Invalid(400, "invalid_request", "credentials_ambiguous", "There is more than one credential in the request; send one, once."),
        Denial.MalformedCredential => Token("This is neither an API key nor an identity token."),
        Denial.UnknownKey => Token("The API key is not valid."),
        Denial.KeyExpired => Token("The API key has expired."),
        Denial.KeyRevoked => Token("The API key was revoked."),
        Denial.TokensNotTaken => Token("Identity tokens are not taken here; send an API key."),
        Denial.SignatureRemoved => Token("Cloud Run has taken the signature off this token, so it proves nothing here. Send Cloud Run's token as X-Serverless-Authorization and "
            + "another, or an API key, as Authorization."),
        Denial.MalformedToken => Token("The identity token cannot be read."),
        Denial.WrongAlgorithm => Token("The identity token is not signed with RS256 or ES256."),
        Denial.UnknownSigningKey or Denial.WrongSignature => Token("The identity token's signature is not valid."),
        Denial.WrongIssuer => Token("The identity token is not from Google."),
        Denial.WrongAudience => Token("The identity token is for another audience."),
        Denial.TokenExpired => Token("The identity token has expired."),
        Denial.TokenNotYetValid => Token("The identity token is not valid yet."),
        Denial.EmailNotVerified => Token("The identity token's email is not verified."),
        Denial.CallerNotListed => (new Problem(403, "caller_not_allowed", "The identity token is valid, and its account may not call this gateway."), null),
        Denial.KeysUnavailable => (new Problem(503, "credentials_unavailable", "API keys cannot be checked now."), null),
        Denial.SigningKeysUnavailable => (new Problem(503, "credentials_unavailable", "Identity tokens cannot be checked now: the keys they are signed with cannot be had."), null),
        Denial.NoRecord => (new Problem(503, "audit_unavailable", "No record can be made of this request, so it is not let in."), null),
        _ => throw new ArgumentOutOfRangeException(nameof(denial), denial, "Not a denial by itself."),
    };

    public static (Problem Problem, string Challenge) Missing(Scopes scopes)
    {
        var names = ScopeNames.Write(scopes);
        var (problem, challenge) = Invalid(403, "insufficient_scope", "scope_missing", $"The credential lacks the scope {names}.");
        return (problem, $"{challenge}, scope=\"{names}\"");
    }

    private static (Problem Problem, string Challenge) Token(string why) => Invalid(401, "invalid_token", "credentials_invalid", why);

    private static (Problem Problem, string Challenge) Invalid(int status, string error, string code, string why) =>
        (new Problem(status, code, why), $"{Realm}, error=\"{error}\", error_description=\"{why}\"");
}
