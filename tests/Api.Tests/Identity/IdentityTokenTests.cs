using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Api.Identity;
using Sluice.Api.Tests.Http;

namespace Sluice.Api.Tests.Identity;

public sealed class IdentityTokenTests : IAsyncLifetime
{
    private const string Path = "/sessions/none";

    private GuardedGateway _gateway = null!;

    private TokenSigner Signer => _gateway.Signer;

    public async Task InitializeAsync() => _gateway = await GuardedGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("Authorization")]
    [InlineData("X-Serverless-Authorization")]
    public async Task A_listed_caller_is_let_in_with_a_token_of_Googles(string header)
    {
        using var response = await _gateway.Http.GetAsync(Path, (header, $"Bearer {Signer.Token()}"));

        await response.ProblemAsync(404, "unknown_session");
        var record = await _gateway.RecordAsync();
        record.Text("action").ShouldBe("admitted");
        record.Text("tenant").ShouldBe("acme");
        record.Text("subject").ShouldBe("agent@p.iam.gserviceaccount.com");
        record.Text("credential").ShouldBe("107");
    }

    [Fact]
    public async Task Googles_other_spelling_and_ES256_are_taken_as_well()
    {
        await LetInAsync(Signer.Token(claims => claims["iss"] = "accounts.google.com"));
        await LetInAsync(Signer.EcToken());
        await LetInAsync(Signer.Token(claims => claims["aud"] = new JsonArray("https://other.example", "https://gateway.example")));
    }

    [Fact]
    public async Task A_caller_may_be_listed_by_its_account_where_its_token_has_no_address() => await LetInAsync(Signer.Token(claims =>
    {
        claims["sub"] = "108";
        claims.Remove("email");
        claims.Remove("email_verified");
    }));

    // Each is a token that a gateway somewhere has taken.
    public static TheoryData<string, string> Attacks => new()
    {
        { "no algorithm", "wrong_algorithm" },
        { "no algorithm, spelled otherwise", "wrong_algorithm" },
        { "HS256 with the public key as PEM", "wrong_algorithm" },
        { "HS256 with the public key as DER", "wrong_algorithm" },
        { "RS512", "wrong_algorithm" },
        { "no signature", "wrong_signature" },
        { "signature of another token", "wrong_signature" },
        { "signed by another key under the same name", "wrong_signature" },
        { "claims changed", "wrong_signature" },
        { "ES256 by name, RSA by key", "wrong_signature" },
        { "signature removed by Cloud Run", "signature_removed" },
        { "no key name", "unknown_signing_key" },
        { "key name of nobody", "unknown_signing_key" },
        { "key name with a path", "unknown_signing_key" },
        { "key name with SQL", "unknown_signing_key" },
        { "key in the header", "unknown_signing_key" },
        { "key address in the header", "unknown_signing_key" },
        { "critical header", "malformed_token" },
        { "other issuer", "wrong_issuer" },
        { "no issuer", "wrong_issuer" },
        { "issuer with Google in front", "wrong_issuer" },
        { "other audience", "wrong_audience" },
        { "no audience", "wrong_audience" },
        { "audience with ours in front", "wrong_audience" },
        { "expired", "token_expired" },
        { "no end", "token_expired" },
        { "not yet", "token_not_yet_valid" },
        { "issued in the future", "token_not_yet_valid" },
        { "address not verified", "email_not_verified" },
        { "address verified by words", "email_not_verified" },
        { "no subject", "malformed_token" },
        { "not JSON", "malformed_token" },
        { "far too long", "malformed_token" },
        { "encrypted", "malformed_credential" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task A_token_that_is_wrong_in_one_place_is_refused_for_that(string attack, string reason)
    {
        using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {Forge(attack)}"));

        await response.ProblemAsync(401, "credentials_invalid");
        response.Header("WWW-Authenticate").ShouldStartWith("Bearer realm=\"sluice\", error=\"invalid_token\", error_description=\"");
        var record = await _gateway.RecordAsync();
        record.Text("action").ShouldBe("refused");
        record.Text("reason").ShouldBe(reason);
        record.TryGetProperty("tenant", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Small_differences_of_clocks_do_not_count()
    {
        await LetInAsync(Signer.Token(claims => claims["exp"] = _gateway.Time.GetUtcNow().AddSeconds(-29).ToUnixTimeSeconds()));
        await LetInAsync(Signer.Token(claims => claims["iat"] = _gateway.Time.GetUtcNow().AddSeconds(29).ToUnixTimeSeconds()));
    }

    [Fact]
    public async Task A_token_that_was_let_in_is_refused_when_it_has_ended()
    {
        var token = Signer.Token(claims => claims["exp"] = _gateway.Time.GetUtcNow().AddSeconds(60).ToUnixTimeSeconds());
        await LetInAsync(token);
        _gateway.Time.Advance(TimeSpan.FromSeconds(89));
        await LetInAsync(token);

        _gateway.Time.Advance(TimeSpan.FromSeconds(1));

        using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {token}"));
        await response.ProblemAsync(401, "credentials_invalid");
    }

    [Fact]
    public async Task A_valid_token_of_one_who_is_not_listed_is_forbidden()
    {
        using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {Signer.Token(claims =>
        {
            claims["email"] = "somebody@gmail.com";
            claims["sub"] = "109";
        })}"));

        await response.ProblemAsync(403, "caller_not_allowed");
        (await _gateway.RecordAsync()).Text("reason").ShouldBe("caller_not_listed");
    }

    [Fact]
    public async Task Keys_are_fetched_once_however_many_wait()
    {
        var gate = new TaskCompletionSource();
        Signer.Gate = gate.Task;
        var asked = Enumerable.Range(0, 50).Select(_ => _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {Signer.Token()}"))).ToList();
        await Task.Yield();
        gate.SetResult();

        foreach (var response in await Task.WhenAll(asked))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            response.Dispose();
        }

        Signer.Fetches.ShouldBe(1);
    }

    [Fact]
    public async Task Keys_are_fetched_again_when_their_time_is_over()
    {
        await LetInAsync(Signer.Token());
        _gateway.Time.Advance(TimeSpan.FromSeconds(3599));
        await LetInAsync(Signer.Token());
        Signer.Fetches.ShouldBe(1);

        _gateway.Time.Advance(TimeSpan.FromSeconds(1));
        await LetInAsync(Signer.Token());

        Signer.Fetches.ShouldBe(2);
    }

    [Fact]
    public async Task A_new_key_is_looked_for_at_once_and_names_of_nobody_do_not_make_many_fetches()
    {
        await LetInAsync(Signer.Token());
        _gateway.Time.Advance(SigningKeys.Pause);
        Signer.KeyId = "two";
        await LetInAsync(Signer.Token());
        Signer.Fetches.ShouldBe(2);

        for (var i = 0; i < 100; i++)
        {
            using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {Signer.Token(header: header => header["kid"] = $"nobody-{i}")}"));
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        Signer.Fetches.ShouldBe(2);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("redirect")]
    [InlineData("not JSON")]
    [InlineData("no keys")]
    [InlineData("endless")]
    [InlineData("broken")]
    [InlineData("small key")]
    public async Task Without_keys_nobody_is_taken_for_anybody(string what)
    {
        Signer.Instead = () => what switch
        {
            "500" => new HttpResponseMessage(HttpStatusCode.InternalServerError),
            "redirect" => new HttpResponseMessage(HttpStatusCode.Found) { Headers = { Location = new Uri("https://evil.example") } },
            "not JSON" => new HttpResponseMessage { Content = new StringContent("<html>") },
            "no keys" => new HttpResponseMessage { Content = new StringContent("""{"keys":[]}""") },
            "endless" => new HttpResponseMessage { Content = new StringContent(new string(' ', 10_000_000)) },
            "small key" => new HttpResponseMessage { Content = new StringContent(SmallKey(Signer.KeyId)) },
            _ => throw new HttpRequestException("There is no way there."),
        };

        using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {Signer.Token()}"));

        await response.ProblemAsync(503, "credentials_unavailable");
        (await _gateway.RecordAsync()).Text("reason").ShouldBe("signing_keys_unavailable");
    }

    [Fact]
    public async Task Keys_that_were_known_outlast_a_failure_of_their_source_for_a_day()
    {
        await LetInAsync(Signer.Token());
        Signer.Instead = () => new HttpResponseMessage(HttpStatusCode.InternalServerError);
        _gateway.Time.Advance(TimeSpan.FromHours(24));
        await LetInAsync(Signer.Token());

        _gateway.Time.Advance(TimeSpan.FromHours(1));

        using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {Signer.Token()}"));
        await response.ProblemAsync(503, "credentials_unavailable");
    }

    private static string SmallKey(string name)
    {
        using var rsa = RSA.Create(1024);
        var key = rsa.ExportParameters(false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["kid"] = name,
                ["n"] = System.Buffers.Text.Base64Url.EncodeToString(key.Modulus),
                ["e"] = System.Buffers.Text.Base64Url.EncodeToString(key.Exponent),
            }),
        }.ToJsonString();
    }

    private async Task LetInAsync(string token)
    {
        using var response = await _gateway.Http.GetAsync(Path, ("Authorization", $"Bearer {token}"));
        await response.ProblemAsync(404, "unknown_session");
    }

    private string Forge(string attack)
    {
        var good = Signer.Token();
        var parts = good.Split('.');
        using var other = RSA.Create(2048);
        return attack switch
        {
            "no algorithm" => $"{TokenSigner.Encode("""{"alg":"none"}""")}.{parts[1]}.",
            "no algorithm, spelled otherwise" => $"{TokenSigner.Encode("""{"alg":"nOnE"}""")}.{parts[1]}.{parts[2]}",
            "HS256 with the public key as PEM" => Hmac(Encoding.ASCII.GetBytes(Signer.PublicPem)),
            "HS256 with the public key as DER" => Hmac(Signer.PublicDer),
            "RS512" => Signer.Token(header: header => header["alg"] = "RS512"),
            "no signature" => $"{parts[0]}.{parts[1]}.",
            "signature of another token" => $"{parts[0]}.{parts[1]}.{Signer.Token(claims => claims["sub"] = "1").Split('.')[2]}",
            "signed by another key under the same name" => TokenSigner.Sign(
                Signer.Header(), Signer.Claims(), signed => other.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            "claims changed" => $"{parts[0]}.{TokenSigner.Encode(Changed(Signer.Claims(), "sub", "108").ToJsonString())}.{parts[2]}",
            "ES256 by name, RSA by key" => Signer.Token(header: header => header["alg"] = "ES256"),
            "signature removed by Cloud Run" => $"{parts[0]}.{parts[1]}.SIGNATURE_REMOVED_BY_GOOGLE",
            "no key name" => Signer.Token(header: header => header.Remove("kid")),
            "key name of nobody" => Signer.Token(header: header => header["kid"] = "nobody"),
            "key name with a path" => Signer.Token(header: header => header["kid"] = "../../../../dev/null"),
            "key name with SQL" => Signer.Token(header: header => header["kid"] = "x' union select 'secret"),
            "key in the header" => OwnKey(other, header => header["jwk"] = Jwk(other)),
            "key address in the header" => OwnKey(other, header => header["jku"] = "https://evil.example/keys"),
            "critical header" => Signer.Token(header: header => (header["crit"], header["b64"]) = (new JsonArray("b64"), false)),
            "other issuer" => Signer.Token(claims => claims["iss"] = "https://evil.example"),
            "no issuer" => Signer.Token(claims => claims.Remove("iss")),
            "issuer with Google in front" => Signer.Token(claims => claims["iss"] = "https://accounts.google.com.evil.example"),
            "other audience" => Signer.Token(claims => claims["aud"] = "https://other.example"),
            "no audience" => Signer.Token(claims => claims.Remove("aud")),
            "audience with ours in front" => Signer.Token(claims => claims["aud"] = "https://gateway.example.evil.example"),
            "expired" => Signer.Token(claims => claims["exp"] = _gateway.Time.GetUtcNow().AddSeconds(-30).ToUnixTimeSeconds()),
            "no end" => Signer.Token(claims => claims.Remove("exp")),
            "not yet" => Signer.Token(claims => claims["nbf"] = _gateway.Time.GetUtcNow().AddSeconds(31).ToUnixTimeSeconds()),
            "issued in the future" => Signer.Token(claims => claims["iat"] = _gateway.Time.GetUtcNow().AddSeconds(31).ToUnixTimeSeconds()),
            "address not verified" => Signer.Token(claims => claims["email_verified"] = false),
            "address verified by words" => Signer.Token(claims => claims["email_verified"] = "certainly"),
            "no subject" => Signer.Token(claims => claims.Remove("sub")),
            "not JSON" => $"{TokenSigner.Encode("{")}.{parts[1]}.{parts[2]}",
            "far too long" => Signer.Token(claims => claims["x"] = new string('x', 9000)),
            "encrypted" => $"{good}.{parts[1]}.{parts[2]}",
            _ => throw new ArgumentOutOfRangeException(nameof(attack), attack, "Not an attack."),
        };

        string Hmac(byte[] secret) => TokenSigner.Sign(Changed(Signer.Header(), "alg", "HS256"), Signer.Claims(), signed => HMACSHA256.HashData(secret, signed));

        string OwnKey(RSA key, Action<JsonObject> change)
        {
            var header = Signer.Header();
            header["kid"] = "mine";
            change(header);
            return TokenSigner.Sign(header, Signer.Claims(), signed => key.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }
    }

    private static JsonObject Jwk(RSA key)
    {
        var parameters = key.ExportParameters(false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["kid"] = "mine",
            ["n"] = System.Buffers.Text.Base64Url.EncodeToString(parameters.Modulus),
            ["e"] = System.Buffers.Text.Base64Url.EncodeToString(parameters.Exponent),
        };
    }

    private static JsonObject Changed(JsonObject json, string name, string value)
    {
        json[name] = value;
        return json;
    }
}
