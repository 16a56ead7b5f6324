using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sluice.Api.Tests.Observability;
using Sluice.Core.Callers;
using Sluice.PostgresKit;

namespace Sluice.Api.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task A_scraper_on_the_same_machine_is_answered()
    {
        await using var gateway = await TestGateway.StartAsync();
        (await gateway.InvokeAsync("hello")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var answer = await gateway.Client.GetAsync("/metrics");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var scrape = Scrape.Of(await answer.Content.ReadAsStringAsync());
        scrape.Sum("sluice_turn_duration_seconds_count", ("sluice_turn_outcome", "completed")).ShouldBe(1);
        scrape.Sum("target_info", ("service_name", "bobs-brain-gateway")).ShouldBe(1);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.7")]
    [InlineData("Forwarded", "for=192.0.2.7")]
    public async Task A_stranger_behind_a_proxy_on_the_same_machine_is_not(string header, string value)
    {
        await using var gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { { header, value } } };

        await RefusedAsync(await gateway.Client.SendAsync(request));
    }

    [Fact]
    public async Task A_stranger_is_not()
    {
        await using var gateway = await TestGateway.StartAsync(also: app => app.Use(next => context =>
        {
            context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
            return next(context);
        }));

        await RefusedAsync(await gateway.Client.GetAsync("/metrics"));
    }

    [Fact]
    public async Task A_stranger_who_was_let_in_at_the_gate_is()
    {
        await using var gateway = await TestGateway.StartAsync(also: app => app.Use(next => context =>
        {
            context.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.7");
            context.Features.Set(Caller.Local);
            return next(context);
        }));

        (await gateway.Client.GetStringAsync("/metrics")).ShouldContain("sluice_turns_active");
    }

    [Fact]
    public async Task Switched_off_there_is_nothing()
    {
        await using var gateway = await TestGateway.StartAsync(environment: ["Sluice__Metrics__Enabled=false"]);

        using var answer = await gateway.Client.GetAsync("/metrics");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Sluice:Metrics:Enabled");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_for_scrapers_has_the_metrics_and_nothing_else_and_the_other_has_them_no_more(bool withUrls)
    {
        var (port, other) = (FreePorts.Take(), FreePorts.Take());
        await using var gateway = await TestGateway.StartAsync(
            environment: [$"Sluice__Metrics__Port={port}", .. withUrls ? [$"ASPNETCORE_URLS=http://127.0.0.1:{other}"] : Array.Empty<string>()]);
        var scraped = new Uri($"http://127.0.0.1:{port}");

        (await gateway.Client.GetStringAsync(new Uri(scraped, "/metrics"))).ShouldContain("sluice_turns_active");
        (await gateway.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(scraped, "/metrics")))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.Client.PostAsync(new Uri(scraped, "/metrics"), content: null)).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await gateway.Client.GetAsync(new Uri(scraped, "/_health"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.Client.PostAsync(new Uri(scraped, "/invoke"), JsonContent.Create(new { text = "hello" }))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.Client.GetAsync("/_health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(await gateway.Client.GetAsync("/metrics"));
    }

    private static async Task RefusedAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("code").GetString().ShouldBe("metrics_not_exposed");
        problem.GetProperty("detail").GetString()!.ShouldContain("Sluice:Metrics:Port");
        problem.ToString().ShouldNotContain("sluice_turns");
    }
}
