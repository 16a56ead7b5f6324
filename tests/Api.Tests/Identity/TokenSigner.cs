using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Identity;

/// <summary>Signs tokens as Google does, publishes the keys they are signed with, and counts how often those are fetched.</summary>
internal sealed class TokenSigner(ManualTime time) : HttpMessageHandler
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _fetches;

    public int Fetches => Volatile.Read(ref _fetches);

    public string KeyId { get; set; } = "one";

    public string CacheControl { get; set; } = "public, max-age=3600";

    /// <summary>Answered instead of the keys.</summary>
    public Func<HttpResponseMessage>? Instead { get; set; }

    /// <summary>Waited for by every fetch.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>The key as one that is published writes it, for those who take it for a secret.</summary>
    public string PublicPem => _rsa.ExportSubjectPublicKeyInfoPem();

    public byte[] PublicDer => _rsa.ExportSubjectPublicKeyInfo();

    /// <summary>Claims of a token that is good.</summary>
    public JsonObject Claims() => new()
    {
        ["iss"] = "https://accounts.google.com",
        ["aud"] = "https://gateway.example",
        ["azp"] = "107",
        ["sub"] = "107",
        ["email"] = "agent@p.iam.gserviceaccount.com",
        ["email_verified"] = true,
        ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(),
        ["exp"] = time.GetUtcNow().AddHours(1).ToUnixTimeSeconds(),
    };

    public JsonObject Header() => new() { ["alg"] = "RS256", ["kid"] = KeyId, ["typ"] = "JWT" };

    public string Token(Action<JsonObject>? claims = null, Action<JsonObject>? header = null)
    {
        var (head, body) = (Header(), Claims());
        header?.Invoke(head);
        claims?.Invoke(body);
        return Sign(head, body, signed => _rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public string EcToken() => Sign(
        new JsonObject { ["alg"] = "ES256", ["kid"] = $"{KeyId}-ec" }, Claims(), signed => _ec.SignData(signed, HashAlgorithmName.SHA256));

    public static string Sign(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(header.ToJsonString())}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _fetches);
        await Gate.WaitAsync(cancellationToken);
        if (Instead is not null)
        {
            return Instead();
        }

        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(KeySet(), Encoding.UTF8, "application/json") };
        response.Headers.CacheControl = CacheControlHeaderValue.Parse(CacheControl);
        return response;
    }

    protected override void Dispose(bool disposing)
    {
        _rsa.Dispose();
        _ec.Dispose();
        base.Dispose(disposing);
    }

    private string KeySet()
    {
        var (rsa, ec) = (_rsa.ExportParameters(false), _ec.ExportParameters(false));
        return new JsonObject
        {
            ["keys"] = new JsonArray(
                new JsonObject
                {
                    ["kty"] = "RSA",
                    ["alg"] = "RS256",
                    ["use"] = "sig",
                    ["kid"] = KeyId,
                    ["n"] = Base64Url.EncodeToString(rsa.Modulus),
                    ["e"] = Base64Url.EncodeToString(rsa.Exponent),
                },
                new JsonObject
                {
                    ["kty"] = "EC",
                    ["alg"] = "ES256",
                    ["use"] = "sig",
                    ["kid"] = $"{KeyId}-ec",
                    ["crv"] = "P-256",
                    ["x"] = Base64Url.EncodeToString(ec.Q.X),
                    ["y"] = Base64Url.EncodeToString(ec.Q.Y),
                }),
        }.ToJsonString();
    }
}
