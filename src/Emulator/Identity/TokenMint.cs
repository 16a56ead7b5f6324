using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Identity;

/// <summary>Issues access tokens and signed identity tokens.</summary>
internal sealed class TokenMint(EmulatorOptions options) : IDisposable
{
    // The metadata server serves the same token again until this long before its end.
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _issued = new(StringComparer.Ordinal);

    // A key takes a tenth of a second to make, and most runs never need one.
    private readonly Lazy<RSA> _key = new(() => RSA.Create(2048));
    private (string Token, DateTimeOffset Expires) _current = ("", DateTimeOffset.MinValue);

    /// <summary>An access token and the whole seconds it has left.</summary>
    public (string Token, int ExpiresIn) AccessToken()
    {
        lock (_lock)
        {
            var now = options.Time.GetUtcNow();
            if (_current.Expires - now <= Smaller(RenewBefore, options.TokenLifetime / 2))
            {
                _current = ("ya29.emulator-" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), now + options.TokenLifetime);
                foreach (var (old, _) in _issued.Where(t => t.Value <= now).ToList()) _issued.Remove(old);
                _issued[Call.HashOf(_current.Token)] = _current.Expires;
            }
            return (_current.Token, (int)(_current.Expires - now).TotalSeconds);
        }
    }

    /// <summary>Whether this is the hash of a token that was issued here and is neither expired nor revoked.</summary>
    public bool Honours(string hash)
    {
        lock (_lock) return _issued.TryGetValue(hash, out var expires) && expires > options.Time.GetUtcNow();
    }

    public void Revoke()
    {
        lock (_lock)
        {
            _issued.Clear();
            _current = ("", DateTimeOffset.MinValue);
        }
    }

    /// <summary>An identity token, signed with RS256.</summary>
    /// <param name="audience">Whom it is for.</param>
    /// <param name="email">Who it speaks of; null leaves the email out, as the metadata server does unless asked for the full format.</param>
    /// <param name="subject">The account's numeric id.</param>
    public string IdentityToken(string audience, string? email, string subject)
    {
        var now = options.Time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["aud"] = audience, ["azp"] = subject };
        if (email is not null)
        {
            claims["email"] = email;
            claims["email_verified"] = true;
        }
        claims["exp"] = now + (long)options.TokenLifetime.TotalSeconds;
        claims["iat"] = now;
        claims["iss"] = "https://accounts.google.com";
        claims["sub"] = subject;
        return Sign(claims);
    }

    /// <summary>Signs any claims: for tests that need a token which is wrong in one place.</summary>
    public string Sign(JsonObject claims)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["kid"] = KeyId(), ["typ"] = "JWT" };
        var signed = $"{Encode(header)}.{Encode(claims)}";
        byte[] signature;
        lock (_lock) signature = _key.Value.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>The public key as Google publishes its own.</summary>
    public JsonObject KeySet()
    {
        var key = PublicKey();
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["alg"] = "RS256",
                ["use"] = "sig",
                ["kid"] = KeyId(),
                ["n"] = Base64Url.EncodeToString(key.Modulus),
                ["e"] = Base64Url.EncodeToString(key.Exponent),
            }),
        };
    }

    /// <summary>A stable numeric id for an account, as a service account's unique id is.</summary>
    public static string SubjectOf(string email)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(email));
        return "1" + (BitConverter.ToUInt64(hash) % 100_000_000_000_000_000_000m).ToString(CultureInfo.InvariantCulture).PadLeft(20, '0');
    }

    public void Dispose()
    {
        if (_key.IsValueCreated) _key.Value.Dispose();
    }

    private string KeyId() => Convert.ToHexStringLower(SHA256.HashData(PublicKey().Modulus!))[..40];

    private RSAParameters PublicKey()
    {
        lock (_lock) return _key.Value.ExportParameters(includePrivateParameters: false);
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static TimeSpan Smaller(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
