using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Hosting;

namespace Sluice.Emulator.Identity;

/// <summary>Google's token endpoint and published keys: for key files whose token_uri points here, and for whoever verifies identity tokens.</summary>
internal static class OAuthRoutes
{
    private const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    public static void MapOAuth(this IEndpointRouteBuilder routes, CallPipeline pipeline)
    {
        routes.MapPost("/token", pipeline.Open(Verb.OAuthToken, ExchangeAsync));
        routes.MapGet("/oauth2/v3/certs", pipeline.Open(Verb.Certificates, CertificatesAsync));
        routes.MapGet("/.well-known/openid-configuration", pipeline.Open(Verb.Certificates, DiscoveryAsync));
    }

    private static async Task ExchangeAsync(Exchange exchange)
    {
        await exchange.ArriveAsync();
        if (exchange.Script.Refuses())
        {
            await exchange.RefuseAsync();
            return;
        }
        var request = exchange.Http.Request;
        if (!request.HasFormContentType)
        {
            await FailAsync(exchange, "invalid_request", "The request body is not a form.");
            return;
        }
        var form = await request.ReadFormAsync(exchange.Cancellation);
        switch (form["grant_type"].ToString())
        {
            case JwtBearer when Claims(form["assertion"].ToString()) is { } claims:
                await AnswerAsync(exchange, claims["target_audience"]?.ToString(), claims["iss"]?.ToString());
                break;
            case "refresh_token" when form["refresh_token"].ToString().Length > 0:
                await AnswerAsync(exchange, null, null);
                break;
            default:
                await FailAsync(exchange, "invalid_grant", "Neither a JWT assertion nor a refresh token.");
                break;
        }
    }

    private static Task AnswerAsync(Exchange exchange, string? targetAudience, string? account)
    {
        var tokens = exchange.Backend.Tokens;
        if (targetAudience is not null)
        {
            var email = account ?? exchange.Backend.Options.ServiceAccount;
            return JsonAsync(exchange, 200, new JsonObject { ["id_token"] = tokens.IdentityToken(targetAudience, email, TokenMint.SubjectOf(email)) });
        }
        var (token, expiresIn) = tokens.AccessToken();
        return JsonAsync(exchange, 200, new JsonObject { ["access_token"] = token, ["expires_in"] = expiresIn, ["token_type"] = "Bearer" });
    }

    // Read, not verified: the emulator has no public key of a key file that tests made up.
    private static JsonObject? Claims(string assertion) =>
        assertion.Split('.') is [_, var payload, _] && Base64Url.IsValid(payload)
            ? Prompt.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(payload)))
            : null;

    private static Task FailAsync(Exchange exchange, string error, string description) =>
        JsonAsync(exchange, 400, new JsonObject { ["error"] = error, ["error_description"] = description });

    private static Task CertificatesAsync(Exchange exchange)
    {
        exchange.Http.Response.Headers.CacheControl = "public, max-age=21600, must-revalidate, no-transform";
        return JsonAsync(exchange, 200, exchange.Backend.Tokens.KeySet());
    }

    private static Task DiscoveryAsync(Exchange exchange) => JsonAsync(exchange, 200, new JsonObject
    {
        ["issuer"] = "https://accounts.google.com",
        ["jwks_uri"] = string.Create(CultureInfo.InvariantCulture, $"http://{exchange.Http.Request.Host}/oauth2/v3/certs"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
    });

    private static Task JsonAsync(Exchange exchange, int status, JsonObject json) =>
        exchange.WriteAsync(status, Exchange.Json, Encoding.UTF8.GetBytes(json.ToJsonString()));
}
