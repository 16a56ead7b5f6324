using System.Net;
using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Clients that are broken, slow or worse. Whatever they do, the next one is answered.</summary>
public sealed class HostileClientTests(QueryStage shared) : IClassFixture<QueryStage>, IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;

    private readonly Stage _stage = shared.Stage;

    public static TheoryData<string, int, string, string?> Bodies { get; } = new()
    {
        { """{"text":"ping""", 400, "invalid_json", null },
        { "", 400, "empty_body", null },
        { "[]", 400, "invalid_request", null },
        { """{"text":1}""", 400, "invalid_request", "$.text" },
        { """{"text":"  "}""", 400, "invalid_request", "$.text" },
        { """{"input":"ping"}""", 400, "invalid_request", "$.input" },
        { """{"text":"ping","on_busy":"sometimes"}""", 400, "invalid_request", "$.on_busy" },
        { """{"text":"ping","session_id":"a b"}""", 400, "invalid_request", "$.session_id" },
        { """{"input":{"text":"a"},"txt":1}""", 400, "invalid_request", "$.txt" },
        { $$"""{"input":{{string.Concat(Enumerable.Repeat("{\"a\":", 100))}}1{{new string('}', 100)}}}""", 400, "nested_too_deeply", null },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        using var answer = await _stage.PostAsync("/invoke", Asking.Body("ping"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.JsonAsync()).Text("output").ShouldBe("pong");
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_that_is_wrong_is_refused_by_name(string body, int status, string code, string? path)
    {
        foreach (var route in new[] { "/invoke", "/invoke/stream" })
        {
            using var answer = await _stage.PostAsync(route, body);

            var problem = await answer.ProblemAsync(status, code);
            if (path is not null)
            {
                problem.ErrorPaths().ShouldBe([path]);
            }
        }
    }

    [Fact]
    public async Task Text_that_is_not_UTF8_is_refused()
    {
        using var body = new ByteArrayContent([.. "{\"text\":\""u8, 0xff, 0xfe, .. "\"}"u8]);
        body.Headers.ContentType = new("application/json");

        using var answer = await _stage.Client.PostAsync("/invoke", body);

        await answer.ProblemAsync(400, "invalid_utf8");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_that_is_too_large_is_refused_with_an_answer_that_arrives(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invoke") { Content = new ByteArrayContent(new byte[10 * Mebibyte]) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        using var answer = await _stage.Client.SendAsync(request);

        await answer.ProblemAsync(413, "body_too_large");
    }

    [Fact]
    public async Task Headers_that_are_too_large_are_refused()
    {
        using var client = await RawClient.ConnectAsync(_stage.Address, $"GET /_health HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('a', 64 * 1024)}\r\n\r\n");

        (await client.ReadUntilAsync("\r\n")).ShouldStartWith("HTTP/1.1 431 ");
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /_health HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("POST /invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 400 ")]
    [InlineData("POST /invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnot-a-size\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /_health HTTP/9.9\r\nHost: localhost\r\n\r\n", "HTTP/1.1 505 ")]
    public async Task What_is_not_HTTP_is_refused(string request, string status)
    {
        using var client = await RawClient.ConnectAsync(_stage.Address, request);

        (await client.ReadUntilAsync("\r\n")).ShouldStartWith(status);
    }

    [Fact]
    public async Task Two_hundred_connections_that_never_finish_their_request_line_are_in_nobodys_way()
    {
        var idle = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => RawClient.ConnectAsync(_stage.Address, "POST /invo")));
        try
        {
            await using var events = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("a story")));

            (await events.RestAsync()).LastAs("done");
        }
        finally
        {
            Array.ForEach(idle, client => client.Dispose());
        }
    }

    [Fact]
    public async Task Twenty_readers_that_read_nothing_hold_up_no_one_and_cost_no_memory()
    {
        // 16 MiB for each of the twenty, were it kept for them.
        var line = $$"""{"chunk": "{{new string('x', 64 * 1024)}}"}""";
        _stage.Engine.Enqueue(new Script { MessageContains = "flood", Lines = [.. Enumerable.Repeat(line, 256)], Holds = [Hold.BeforeEvent(1, "flood")] });
        using var asked = await _stage.PostAsync("/invoke", Asking.Body("flood", "flood"), ("Prefer", "respond-async"));
        asked.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var path = $"/sessions/flood/turns/{asked.Header("X-Turn-Id")}/events";
        var readers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RawClient.ConnectAsync(_stage.Address, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")));
        try
        {
            await Task.WhenAll(readers.Select(reader => reader.ReadUntilAsync("event: started\n")));
            var before = _stage.Process.ResidentBytes();
            await using var reading = await Events.OfAsync(await _stage.GetAsync(path));

            _stage.Engine.Gate("flood").Open();
            await using var other = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("a story")));
            (await other.RestAsync()).LastAs("done");
            (await reading.RestAsync()).LastAs("done");

            (_stage.Process.ResidentBytes() - before).ShouldBeLessThan(128 * Mebibyte);
        }
        finally
        {
            Array.ForEach(readers, reader => reader.Dispose());
        }
    }
}
