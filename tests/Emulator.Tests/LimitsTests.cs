using System.Text.Json.Nodes;

namespace Sluice.Emulator.Tests;

public sealed class LimitsTests
{
    private const string Root = "/v1/projects/p/locations/us-central1/reasoningEngines/";
    private const string Ping = """{"input":{"text":"ping"}}""";
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Quota_counts_both_endpoints_and_class_methods_by_the_minute_and_region()
    {
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Time = _time, Quota = new QuotaOptions { Queries = 3, SendRetryInfo = true } });
        using var http = new HttpClient { BaseAddress = host.Address };
        (await Status(http, Root + "echo:query", Ping)).ShouldBe(200);
        (await Status(http, Root + "echo:streamQuery", Ping)).ShouldBe(200);
        (await Status(http, Root + "adk:query", """{"class_method":"async_create_session","input":{"user_id":"u"}}""")).ShouldBe(200);
        _time.Advance(TimeSpan.FromSeconds(20));
        using var refused = await http.PostAsync(Root + "echo:query", new StringContent(Ping));
        ((int)refused.StatusCode).ShouldBe(429);
        var details = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["details"]!;
        details[0]!["metadata"]!["quota_limit_value"]!.GetValue<string>().ShouldBe("3");
        details[2]!["retryDelay"]!.GetValue<string>().ShouldBe("40s");
        (await Status(http, Root.Replace("us-central1", "europe-west1") + "echo:query", Ping)).ShouldBe(200);
        _time.Advance(TimeSpan.FromSeconds(40));
        (await Status(http, Root + "echo:query", Ping)).ShouldBe(200);
    }

    [Fact]
    public async Task Appending_events_and_writing_sessions_have_their_own_quotas()
    {
        await using var host = await EmulatorHost.StartAsync(
            new EmulatorOptions { Time = _time, Quota = new QuotaOptions { Queries = 0, AppendedEvents = 0, SessionWrites = 1 } });
        using var http = new HttpClient { BaseAddress = host.Address };
        (await Status(http, Root + "adk/sessions?sessionId=s1", """{"userId":"u"}""")).ShouldBe(200);
        (await Status(http, Root + "adk/sessions", """{"userId":"u"}""")).ShouldBe(429);
        (await Status(http, Root + "adk/sessions/s1:appendEvent", """{"author":"user","invocationId":"i","timestamp":"2026-01-01T00:00:00Z"}""")).ShouldBe(429);
        (await http.GetAsync(Root + "adk/sessions/s1")).IsSuccessStatusCode.ShouldBeTrue();
    }

    [Fact]
    public async Task Call_that_starts_a_container_waits_longer_than_one_that_finds_it_warm()
    {
        var model = new ColdStartOptions { Concurrency = 1, MaxInstances = 2 };
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Time = _time, ColdStart = model });
        using var http = new HttpClient { BaseAddress = host.Address };
        var warm = Status(http, Root + "echo:query", Ping);
        await _time.ArmedAsync(model.Warm);
        var cold = Status(http, Root + "echo:query", Ping);
        await _time.ArmedAsync(model.Cold);
        var queued = Status(http, Root + "echo:query", Ping);
        await host.Control.WaitForCallAsync(nth: 3);

        _time.Advance(model.Warm);
        (await warm).ShouldBe(200);
        // The place that came free goes to the one in the queue, which now finds a warm container.
        await _time.ArmedAsync(model.Warm);
        _time.Advance(model.Warm);
        (await queued).ShouldBe(200);
        cold.IsCompleted.ShouldBeFalse();
        _time.Advance(model.Cold);
        (await cold).ShouldBe(200);
    }

    [Fact]
    public async Task Answer_is_paced_from_the_first_token_to_the_last()
    {
        var answer = new AnswerOptions { FirstByte = TimeSpan.FromMilliseconds(200), Gap = TimeSpan.FromMilliseconds(20) };
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Time = _time, Answer = answer });
        using var http = new HttpClient { BaseAddress = host.Address };
        var body = Text(http, Root + "echo:streamQuery", """{"input":{"text":"x"}}""");
        await _time.ArmedAsync(answer.FirstByte);
        for (var sent = 0; sent < 2; sent++)
        {
            host.Control.Calls.Single().EventsSent.ShouldBe(sent);
            (host.Control.Calls.Single().FirstByteAt is not null).ShouldBe(sent > 0);
            _time.Advance(sent == 0 ? answer.FirstByte : answer.Gap);
            await _time.ArmedAsync(answer.Gap);
        }
        _time.Advance(answer.Gap);
        (await body).ShouldBe("{\"chunk\": \"You\"}\n{\"chunk\": \" said:\"}\n{\"chunk\": \" x\"}\n");
    }

    [Fact]
    public async Task Stream_is_cut_in_the_middle_of_an_event_when_its_time_is_up()
    {
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions
        {
            Time = _time,
            StreamCap = TimeSpan.FromSeconds(900),
            Answer = new AnswerOptions { Gap = TimeSpan.FromHours(1) },
        });
        using var http = new HttpClient { BaseAddress = host.Address };
        using var request = new HttpRequestMessage(HttpMethod.Post, Root + "echo:streamQuery") { Content = new StringContent("""{"input":{"text":"x"}}""") };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await _time.ArmedAsync(TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromSeconds(900));
        using var got = new MemoryStream();
        await Should.ThrowAsync<IOException>(async () => await (await response.Content.ReadAsStreamAsync()).CopyToAsync(got));
        var text = System.Text.Encoding.UTF8.GetString(got.ToArray());
        text.ShouldStartWith("{\"chunk\": \"You\"}\n{");
        text.ShouldNotEndWith("}\n");
    }

    [Fact]
    public async Task Operation_is_open_until_its_time_has_passed()
    {
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Time = _time, OperationTime = TimeSpan.FromSeconds(2) });
        using var http = new HttpClient { BaseAddress = host.Address };
        var created = JsonNode.Parse(await Text(http, Root + "adk/sessions", """{"userId":"u"}"""))!;
        (await http.GetStringAsync("/v1/" + created["name"])).ShouldNotContain("done");
        _time.Advance(TimeSpan.FromSeconds(2));
        (await http.GetStringAsync("/v1/" + created["name"])).ShouldContain("\"done\": true");
    }

    [Fact]
    public async Task Only_named_engines_exist_when_told_so()
    {
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions
        {
            OnlyNamedEngines = true,
            Engines = new Dictionary<string, EngineTemplate> { ["bob"] = EngineTemplate.Adk },
        });
        using var http = new HttpClient { BaseAddress = host.Address };
        (await http.GetStringAsync(Root + "bob")).ShouldContain("async_stream_query");
        (await Status(http, Root + "echo:query", Ping)).ShouldBe(404);
    }

    [Fact]
    public async Task Http2_port_answers_without_tls()
    {
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Http2Port = 0 });
        using var http = new HttpClient { BaseAddress = host.Http2Address, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        (await Text(http, Root + "echo:streamQuery", Ping)).ShouldBe("{\"chunk\": \"pong\"}\n");
        host.Control.Calls.Single().Protocol.ShouldBe("HTTP/2");
    }

    [Fact]
    public async Task Two_thousand_paced_streams_run_at_once()
    {
        const int streams = 2000;
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions
        {
            Answer = new AnswerOptions { Tokens = 5, Gap = TimeSpan.FromMilliseconds(200) },
        });
        host.Control.Enqueue(new Control.Script { Times = 0, Holds = [Control.Hold.BeforeEvent(1, "all")] });
        using var http = new HttpClient { BaseAddress = host.Address, Timeout = TimeSpan.FromMinutes(2) };
        var all = Enumerable.Range(0, streams).Select(i => Text(http, Root + "echo:streamQuery", $$$"""{"input":{"text":"{{{i}}}"}}""")).ToList();
        await host.Control.Gate("all").WaitForArrivalAsync(streams, TimeSpan.FromMinutes(1));
        host.Control.Gate("all").Open();
        var bodies = await Task.WhenAll(all);
        bodies.ShouldAllBe(b => b.Count(c => c == '\n') == 5);
        await host.Control.WaitForEndAsync(nth: streams);
        host.Control.Counters.MaxRunning.ShouldBe(streams);
        host.Control.Counters.EventsSent.ShouldBe(5 * streams);
    }

    private static async Task<int> Status(HttpClient http, string path, string body)
    {
        using var response = await http.PostAsync(path, new StringContent(body));
        return (int)response.StatusCode;
    }

    private static async Task<string> Text(HttpClient http, string path, string body)
    {
        using var response = await http.PostAsync(path, new StringContent(body));
        return await response.Content.ReadAsStringAsync();
    }
}
