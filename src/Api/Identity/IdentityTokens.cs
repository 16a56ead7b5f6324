using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>Tells by a Google-signed identity token (OpenID Connect) who is asking.</summary>
internal sealed class IdentityTokens(TokenOptions options, SigningKeys keys, TimeProvider time)
{
    /// <summary>Characters of the longest token that is looked at; Google's have about 1000.</summary>
    private const int Longest = 8 * 1024;

    private static readonly string[] Algorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly KnownTokens _known = new(time);
    private readonly Dictionary<string, AllowedCaller> _byEmail = options.Callers.Where(caller => caller.Email is not null)
        .ToDictionary(caller => caller.Email!, StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, AllowedCaller> _bySubject = options.Callers.Where(caller => caller.Subject is not null)
        .ToDictionary(caller => caller.Subject!, StringComparer.Ordinal);

    /// <summary>Whether it has the form of one: three parts with dots between. The signature may be missing, which is then what is wrong with it.</summary>
    public static bool IsToken(string text) => text.AsSpan().Count('.') == 2;

    public ValueTask<Identification> IdentifyAsync(string text, CancellationToken cancellationToken)
    {
        if (options.Audiences.Count == 0)
        {
            return new(Identification.Denied(Denial.TokensNotTaken));
        }

        return _known.Find(text) is { } caller ? new(Identification.Of(caller)) : ValidateAsync(text, cancellationToken);
    }

    private async ValueTask<Identification> ValidateAsync(string text, CancellationToken cancellationToken)
    {
        if (Read(text) is not { } token)
        {
            return Identification.Denied(Denial.MalformedToken);
        }

        if (!Algorithms.Contains(token.Alg, StringComparer.Ordinal))
        {
            return Identification.Denied(Denial.WrongAlgorithm);
        }

        // By its name alone: neither are all keys tried, nor is any taken that the token brings or points to.
        var (key, areKnown) = await keys.FindAsync(token.Kid, cancellationToken);
        if (key is null)
        {
            return Identification.Denied(areKnown ? Denial.UnknownSigningKey : Denial.SigningKeysUnavailable);
        }

        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            ValidAlgorithms = Algorithms,
            ValidIssuers = TokenOptions.Issuers,
            ValidAudiences = options.Audiences,
            LifetimeValidator = (_, _, judged, _) => JudgeLifetime((JsonWebToken)judged),
        });
        if (!result.IsValid)
        {
            return Identification.Denied(DenialOf(result.Exception), SubjectOf(token, result.Exception));
        }

        var identified = Know(token);
        if (identified.Caller is { } caller)
        {
            _known.Add(text, caller, token.ValidTo - time.GetUtcNow().UtcDateTime + options.ClockSkew);
        }

        return identified;
    }

    private Identification Know(JsonWebToken token)
    {
        var email = token.TryGetPayloadValue<string>("email", out var said) ? said : null;
        var listed = email is not null && _byEmail.TryGetValue(email, out var byEmail) ? byEmail : _bySubject.GetValueOrDefault(token.Subject);
        if (listed is null)
        {
            return Identification.Denied(Denial.CallerNotListed, email ?? token.Subject);
        }

        // Anybody can make an account with another's address, until it is verified.
        if (listed.Email is not null && !(token.TryGetPayloadValue<bool>("email_verified", out var isVerified) && isVerified))
        {
            return Identification.Denied(Denial.EmailNotVerified, token.Subject);
        }

        return Identification.Of(new Caller(listed.Tenant, listed.Email ?? token.Subject) { Scopes = listed.Scopes, CredentialId = token.Subject });
    }

    // By our clock, which the library would not ask.
    private bool JudgeLifetime(JsonWebToken token)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (token.ValidTo <= now - options.ClockSkew)
        {
            throw new SecurityTokenExpiredException();
        }

        var soon = now + options.ClockSkew;
        return token.ValidFrom <= soon && token.IssuedAt <= soon ? true : throw new SecurityTokenNotYetValidException();
    }

    private JsonWebToken? Read(string text)
    {
        if (text.Length > Longest)
        {
            return null;
        }

        try
        {
            // "crit" lists what has to be understood (RFC 7515, section 4.1.11), and we know none of it.
            return _handler.ReadJsonWebToken(text) is { } token && !token.TryGetHeaderValue<object>("crit", out _) && token.Subject is { Length: > 0 and <= 255 } ? token : null;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Denial DenialOf(Exception e) => e switch
    {
        SecurityTokenInvalidAlgorithmException => Denial.WrongAlgorithm,
        SecurityTokenSignatureKeyNotFoundException => Denial.UnknownSigningKey,
        SecurityTokenInvalidSignatureException => Denial.WrongSignature,
        SecurityTokenInvalidIssuerException => Denial.WrongIssuer,
        SecurityTokenInvalidAudienceException => Denial.WrongAudience,
        SecurityTokenExpiredException or SecurityTokenNoExpirationException => Denial.TokenExpired,
        SecurityTokenNotYetValidException or SecurityTokenInvalidLifetimeException => Denial.TokenNotYetValid,
        _ => Denial.MalformedToken,
    };

    // Whose it claims to be is worth a record only if Google has said so.
    private static string? SubjectOf(JsonWebToken token, Exception e) => DenialOf(e) is Denial.WrongAudience or Denial.TokenExpired ? token.Subject : null;
}
