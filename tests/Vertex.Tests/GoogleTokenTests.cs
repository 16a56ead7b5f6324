using System.Security.Cryptography;
using System.Text.Json;
using Google.Apis.Auth.OAuth2;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class GoogleTokenTests
{
    [Fact]
    public async Task The_metadata_server_is_found_and_asked_anew_for_each_token()
    {
        var given = 0;
        await using var metadata = await StubEngine.StartAsync((context, seen) =>
        {
            context.Response.Headers["Metadata-Flavor"] = "Google";
            return seen.Path.EndsWith("/token", StringComparison.Ordinal)
                ? StubEngine.Answer(context, 200, $$"""{"access_token":"ya29.{{Interlocked.Increment(ref given)}}","expires_in":3599,"token_type":"Bearer"}""")
                : StubEngine.Answer(context, 200, "googleapis.com");
        });

        // The only test that lets the library look around: it remembers what it found for the whole process.
        Environment.SetEnvironmentVariable("GOOGLE_APPLICATION_CREDENTIALS", null);
        Environment.SetEnvironmentVariable("CLOUDSDK_CONFIG", Path.Combine(Path.GetTempPath(), "no-gcloud-here"));
        Environment.SetEnvironmentVariable("GCE_METADATA_HOST", metadata.Url.Authority);
        var source = new GoogleTokenSource();
        var first = await source.RequestAsync(CancellationToken.None);
        var second = await source.RequestAsync(CancellationToken.None);
        first.Value.ShouldBe("ya29.1");
        first.ExpiresIn.ShouldBeInRange(TimeSpan.FromMinutes(58), TimeSpan.FromHours(1));
        second.Value.ShouldBe("ya29.2");
        metadata.Seen.ShouldAllBe(seen => seen.Headers["Metadata-Flavor"] == "Google");
    }

    [Fact]
    public async Task A_service_account_key_is_exchanged_for_a_token_of_the_cloud_platform_scope()
    {
        await using var server = await StubEngine.StartAsync((context, _) =>
            StubEngine.Answer(context, 200, """{"access_token":"ya29.x","expires_in":3600,"token_type":"Bearer"}"""));
        var source = new GoogleTokenSource(_ => Task.FromResult(ServiceAccount(server.Url)));
        var token = await source.RequestAsync(CancellationToken.None);
        token.Value.ShouldBe("ya29.x");
        token.QuotaProject.ShouldBe("payer");
        var assertion = server.Seen.Single().Body.Split("assertion=")[1].Split('&')[0];
        var claims = JsonDocument.Parse(Convert.FromBase64String(Padded(assertion.Split('.')[1]))).RootElement;
        claims.GetProperty("scope").GetString().ShouldBe("https://www.googleapis.com/auth/cloud-platform");
    }

    [Fact]
    public async Task Credentials_the_token_server_refuses_are_told_so()
    {
        await using var server = await StubEngine.StartAsync((context, _) =>
            StubEngine.Answer(context, 400, """{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"""));
        var source = new GoogleTokenSource(_ => Task.FromResult(ServiceAccount(server.Url)));
        (await Should.ThrowAsync<TokenException>(source.RequestAsync(CancellationToken.None)))
            .Message.ShouldBe("Google's token server refused the credentials: invalid_grant Invalid JWT Signature.");
    }

    [Fact]
    public async Task Credentials_that_are_not_there_are_told_with_what_to_do()
    {
        var source = new GoogleTokenSource(_ => Task.FromException<GoogleCredential>(new InvalidOperationException("Nothing found.")));
        (await Should.ThrowAsync<TokenException>(source.RequestAsync(CancellationToken.None)))
            .Message.ShouldContain("GOOGLE_APPLICATION_CREDENTIALS");
    }

    private static GoogleCredential ServiceAccount(Uri tokenServer)
    {
        using var key = RSA.Create(2048);
        var json = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["type"] = "service_account",
            ["project_id"] = "p1",
            ["private_key_id"] = "k1",
            ["private_key"] = key.ExportPkcs8PrivateKeyPem(),
            ["client_email"] = "gateway@p1.iam.gserviceaccount.com",
            ["token_uri"] = tokenServer.AbsoluteUri,
            ["quota_project_id"] = "payer",
        });
        return CredentialFactory.FromJson<ServiceAccountCredential>(json).ToGoogleCredential();
    }

    private static string Padded(string base64Url)
    {
        var text = base64Url.Replace('-', '+').Replace('_', '/');
        return text.PadRight((text.Length + 3) / 4 * 4, '=');
    }
}
