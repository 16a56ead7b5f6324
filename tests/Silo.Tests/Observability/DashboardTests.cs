using System.Net;
using System.Text.RegularExpressions;
using Sluice.PostgresKit;
using Sluice.ProcessesKit.Clusters;
using Sluice.Silo.Tests.Scenarios;

namespace Sluice.Silo.Tests.Observability;

/// <summary>Who sees the dashboard of a silo, and that it is whole for those who do.</summary>
[Collection(Alone.Name)]
public sealed partial class DashboardTests
{
    // Made for this and good for nothing else: their hashes are all that a silo is told.
    private const string Operator = "slk_operatoroperator_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Reader = "slk_readerreaderread_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly string[] Paths = ["/dashboard/", "/dashboard/index.min.js", "/dashboard/DashboardCounters", "/dashboard/Trace"];

    [PostgresFact]
    public async Task On_loopback_it_is_whole_for_this_machine_and_nothing_for_those_a_proxy_brings()
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 1, settings: "Sluice__Silo__Dashboard=loopback");
        using var client = new HttpClient { BaseAddress = cluster.Nodes[0].Address };

        var page = await client.GetStringAsync("/dashboard/");
        var parts = PartsOf().Matches(page).Select(match => match.Groups["path"].Value).ToList();
        parts.ShouldContain(part => part.EndsWith(".js", StringComparison.Ordinal), page);
        foreach (var part in parts.Append("DashboardCounters"))
        {
            (await client.GetByteArrayAsync(new Uri(new Uri(client.BaseAddress, "/dashboard/"), part))).ShouldNotBeEmpty(part);
        }

        foreach (var path in Paths)
        {
            foreach (var header in (string[])["X-Forwarded-For", "Forwarded"])
            {
                using var forwarded = new HttpRequestMessage(HttpMethod.Get, path);
                forwarded.Headers.Add(header, "for=192.0.2.1");
                (await StatusAsync(client, forwarded)).ShouldBe((HttpStatusCode.NotFound, "application/problem+json"), $"{path} with {header}");
            }
        }
    }

    [PostgresFact]
    public async Task Where_callers_are_told_apart_it_is_for_operators()
    {
        await using var cluster = await Cluster.SilosAsync(
            nodes: 1, frontEnds: 0, ["Sluice__Silo__Dashboard=anyone", "Sluice__Auth__Mode=required", .. Key(Operator, "operate"), .. Key(Reader, "invoke,read")]);
        using var client = new HttpClient { BaseAddress = cluster.Nodes[0].Address };
        foreach (var path in Paths)
        {
            (await AskAsync(client, path, key: null)).ShouldBe(HttpStatusCode.Unauthorized, path);
            (await AskAsync(client, path, Reader)).ShouldBe(HttpStatusCode.Forbidden, path);
            (await AskAsync(client, path, Operator)).ShouldBe(HttpStatusCode.OK, path);
        }
    }

    [PostgresFact]
    public async Task Where_nothing_is_said_there_is_none()
    {
        await using var cluster = await Cluster.SilosAsync(nodes: 1);
        using var client = new HttpClient { BaseAddress = cluster.Nodes[0].Address };
        foreach (var path in Paths)
        {
            (await AskAsync(client, path, key: null)).ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    private static string[] Key(string key, string scopes)
    {
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key)));
        var setting = $"Sluice__Auth__Keys__{key.Split('_')[1]}__";
        return [$"{setting}Hash={hash}", $"{setting}Tenant=test", $"{setting}Scopes={scopes}"];
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient client, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.Add("x-api-key", key);
        }

        return (await StatusAsync(client, request)).Status;
    }

    private static async Task<(HttpStatusCode Status, string? Type)> StatusAsync(HttpClient client, HttpRequestMessage request)
    {
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType);
    }

    [GeneratedRegex("""(src|href)="(?<path>[^"]+)" """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartsOf();
}
