using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Tests;

public sealed class IdentityTests : EmulatorTest
{
    private const string Account = "/computeMetadata/v1/instance/service-accounts/default";

    protected override EmulatorOptions Options { get; } = new() { Bearer = BearerCheck.Issued };

    [Theory]
    [InlineData("/computeMetadata/v1/project/project-id", "sluice-local")]
    [InlineData("/computeMetadata/v1/project/numeric-project-id", "123456789012")]
    [InlineData("/computeMetadata/v1/universe/universe-domain", "googleapis.com")]
    [InlineData(Account + "/email", "emulator@sluice-local.iam.gserviceaccount.com")]
    public async Task Metadata_answers_with_its_flavor(string path, string value)
    {
        using var response = await Metadata(path);
        response.Headers.GetValues("Metadata-Flavor").ShouldBe(["Google"]);
        (await response.Content.ReadAsStringAsync()).ShouldBe(value);
    }

    [Fact]
    public async Task Metadata_refuses_without_the_flavor_header()
    {
        using var response = await Http.GetAsync(Account + "/token");
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).ShouldBe("Missing Metadata-Flavor:Google header.");
    }

    [Fact]
    public async Task Access_token_is_served_again_until_revoked_and_every_request_is_counted()
    {
        var first = await AccessToken();
        (await AccessToken()).ShouldBe(first);
        Control.RevokeTokens();
        (await AccessToken()).ShouldNotBe(first);
        Control.Counters.TokenRequests.ShouldBe(3);
        Control.Counters.CallsByVerb[Verb.AccessToken].ShouldBe(3);
    }

    [Fact]
    public async Task Only_issued_tokens_are_let_in()
    {
        (await QueryWith(null)).ShouldBe(401);
        (await QueryWith("made-up")).ShouldBe(401);
        var token = await AccessToken();
        (await QueryWith(token)).ShouldBe(200);
        Control.RevokeTokens();
        (await QueryWith(token)).ShouldBe(401);
    }

    [Fact]
    public async Task Missing_token_is_unauthenticated_in_googles_envelope()
    {
        using var response = await Query("echo", """{"input":{"text":"ping"}}""");
        response.Headers.WwwAuthenticate.ToString().ShouldStartWith("Bearer realm=");
        var error = await Error(response, 401);
        error["status"]!.GetValue<string>().ShouldBe("UNAUTHENTICATED");
        error["details"]![0]!["reason"]!.GetValue<string>().ShouldBe("CREDENTIALS_MISSING");
    }

    [Fact]
    public async Task Identity_token_verifies_with_the_published_key()
    {
        using var response = await Metadata(Account + "/identity?audience=https%3A%2F%2Fgateway.run.app&format=full");
        var token = await response.Content.ReadAsStringAsync();
        var claims = await Verified(token);
        claims["aud"]!.GetValue<string>().ShouldBe("https://gateway.run.app");
        claims["iss"]!.GetValue<string>().ShouldBe("https://accounts.google.com");
        claims["email"]!.GetValue<string>().ShouldBe("emulator@sluice-local.iam.gserviceaccount.com");
        claims["email_verified"]!.GetValue<bool>().ShouldBeTrue();
        (claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>()).ShouldBe(3599);

        (await Verified(Host.IdentityToken("a", "someone@example.com")))["email"]!.GetValue<string>().ShouldBe("someone@example.com");
        (await Verified(Host.SignToken("""{"iss":"elsewhere"}""")))["iss"]!.GetValue<string>().ShouldBe("elsewhere");
    }

    [Fact]
    public async Task Identity_without_audience_is_refused()
    {
        using var response = await Metadata(Account + "/identity");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Token_endpoint_takes_refresh_tokens_and_assertions()
    {
        var refreshed = await Exchange(("grant_type", "refresh_token"), ("refresh_token", "r"), ("client_id", "c"));
        (await QueryWith(refreshed["access_token"]!.GetValue<string>())).ShouldBe(200);

        var assertion = "e30." + Base64Url.EncodeToString("""{"iss":"sa@p.iam.gserviceaccount.com","target_audience":"https://aud"}"""u8) + ".c2ln";
        var identity = await Exchange(("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion));
        (await Verified(identity["id_token"]!.GetValue<string>()))["email"]!.GetValue<string>().ShouldBe("sa@p.iam.gserviceaccount.com");

        (await Exchange(("grant_type", "password")))["error"]!.GetValue<string>().ShouldBe("invalid_grant");
    }

    [Fact]
    public async Task Metadata_server_can_be_made_to_fail()
    {
        Control.Enqueue(new Script { Verb = Verb.AccessToken, Fault = Fault.Unavailable });
        using var response = await Metadata(Account + "/token");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await AccessToken()).ShouldStartWith("ya29.");
    }

    private async Task<HttpResponseMessage> Metadata(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Metadata-Flavor", "Google");
        return await Http.SendAsync(request);
    }

    private async Task<string> AccessToken()
    {
        using var response = await Metadata(Account + "/token?scopes=x");
        var token = await Body(response);
        token["token_type"]!.GetValue<string>().ShouldBe("Bearer");
        token["expires_in"]!.GetValue<int>().ShouldBeInRange(3590, 3599);
        return token["access_token"]!.GetValue<string>();
    }

    private async Task<int> QueryWith(string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Root + "echo:query") { Content = Json("""{"input":{"text":"ping"}}""") };
        if (token is not null) request.Headers.Add("Authorization", "Bearer " + token);
        using var response = await Http.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task<JsonNode> Exchange(params (string Key, string Value)[] form)
    {
        using var response = await Http.PostAsync("/token", new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Key, f.Value))));
        return await Body(response);
    }

    private async Task<JsonNode> Verified(string token)
    {
        var parts = token.Split('.');
        var header = JsonNode.Parse(Base64Url.DecodeFromChars(parts[0]))!;
        header["alg"]!.GetValue<string>().ShouldBe("RS256");
        var key = JsonNode.Parse(await Http.GetStringAsync("/oauth2/v3/certs"))!["keys"]!.AsArray()
            .Single(k => k!["kid"]!.GetValue<string>() == header["kid"]!.GetValue<string>())!;
        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = Base64Url.DecodeFromChars(key["n"]!.GetValue<string>()),
            Exponent = Base64Url.DecodeFromChars(key["e"]!.GetValue<string>()),
        });
        rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .ShouldBeTrue();
        return JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
    }
}
