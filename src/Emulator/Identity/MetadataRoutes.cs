using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Hosting;

namespace Sluice.Emulator.Identity;

/// <summary>The metadata server of a Google machine: what GCE_METADATA_HOST points at.</summary>
internal static class MetadataRoutes
{
    private const string Flavor = "Metadata-Flavor";
    private const string Root = "/computeMetadata/v1";
    private const string Account = Root + "/instance/service-accounts/{account}";
    private const string Text = "application/text";

    public static void MapMetadata(this IEndpointRouteBuilder routes, CallPipeline pipeline, EmulatorOptions options)
    {
        // Clients ask for the root to find out whether there is a metadata server at all.
        Map("/", Verb.Metadata, x => PlainAsync(x, "computeMetadata/\n"));
        Map(Root, Verb.Metadata, x => PlainAsync(x, "instance/\nproject/\nuniverse/\n"));
        Map(Root + "/instance", Verb.Metadata, x => PlainAsync(x, "service-accounts/\nregion\nzone\n"));
        Map(Root + "/instance/zone", Verb.Metadata, x => PlainAsync(x, $"projects/{options.ProjectNumber}/zones/us-central1-a"));
        Map(Root + "/instance/region", Verb.Metadata, x => PlainAsync(x, $"projects/{options.ProjectNumber}/regions/us-central1"));
        Map(Root + "/instance/service-accounts", Verb.Metadata, x => PlainAsync(x, $"default/\n{options.ServiceAccount}/\n"));
        Map(Root + "/project/project-id", Verb.Metadata, x => PlainAsync(x, options.ProjectId));
        Map(Root + "/project/numeric-project-id", Verb.Metadata, x => PlainAsync(x, options.ProjectNumber));
        Map(Root + "/universe/universe-domain", Verb.Metadata, x => PlainAsync(x, "googleapis.com"));
        Map(Root + "/universe/universe_domain", Verb.Metadata, x => PlainAsync(x, "googleapis.com"));
        Map(Account, Verb.Metadata, AccountAsync);
        Map(Account + "/email", Verb.Metadata, x => PlainAsync(x, options.ServiceAccount));
        Map(Account + "/aliases", Verb.Metadata, x => PlainAsync(x, "default\n"));
        Map(Account + "/scopes", Verb.Metadata, x => PlainAsync(x, "https://www.googleapis.com/auth/cloud-platform\n"));
        Map(Account + "/token", Verb.AccessToken, TokenAsync);
        Map(Account + "/identity", Verb.IdentityToken, IdentityAsync);

        void Map(string pattern, string verb, Func<Exchange, Task> answer) => routes.MapGet(pattern, pipeline.Open(verb, x => GuardedAsync(x, answer)));
    }

    private static async Task GuardedAsync(Exchange exchange, Func<Exchange, Task> answer)
    {
        exchange.Http.Response.Headers[Flavor] = "Google";
        await exchange.ArriveAsync();
        if (exchange.Script.Refuses())
            await exchange.RefuseAsync();
        else if (exchange.Http.Request.Path != "/" && exchange.Http.Request.Headers[Flavor] != "Google")
            await exchange.WriteAsync(403, "text/html; charset=UTF-8", "Missing Metadata-Flavor:Google header."u8.ToArray());
        else
            await answer(exchange);
    }

    private static Task PlainAsync(Exchange exchange, string text) => exchange.WriteAsync(200, Text, Encoding.UTF8.GetBytes(text));

    private static Task JsonAsync(Exchange exchange, JsonObject json) => exchange.WriteAsync(200, "application/json", Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static Task AccountAsync(Exchange exchange) => exchange.Query("recursive") == "true"
        ? JsonAsync(exchange, new JsonObject
        {
            ["aliases"] = new JsonArray("default"),
            ["email"] = exchange.Backend.Options.ServiceAccount,
            ["scopes"] = new JsonArray("https://www.googleapis.com/auth/cloud-platform"),
        })
        : PlainAsync(exchange, "aliases\nemail\nidentity\nscopes\ntoken\n");

    private static Task TokenAsync(Exchange exchange)
    {
        var (token, expiresIn) = exchange.Backend.Tokens.AccessToken();
        return JsonAsync(exchange, new JsonObject { ["access_token"] = token, ["expires_in"] = expiresIn, ["token_type"] = "Bearer" });
    }

    private static Task IdentityAsync(Exchange exchange)
    {
        if (exchange.Query("audience") is not { Length: > 0 } audience)
            return exchange.WriteAsync(400, Text, "non-empty audience parameter required\n"u8.ToArray());
        var email = exchange.Backend.Options.ServiceAccount;
        var full = exchange.Query("format") == "full";
        return PlainAsync(exchange, exchange.Backend.Tokens.IdentityToken(audience, full ? email : null, TokenMint.SubjectOf(email)));
    }
}
