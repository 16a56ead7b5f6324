using System.Net.Http.Headers;
using System.Text;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class BadRequestTests : IAsyncLifetime
{
    private Gateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await Gateway.StartAsync(
        new HttpSurfaceOptions { MaxBodyBytes = 100_000, MaxTextBytes = 50_000 },
        Gateway.Always(_ => new EngineOutcome { Answer = AnswerShape.Text }),
        configure: services => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(
            services,
            new EngineFacts { Names = System.Collections.Frozen.FrozenSet.ToFrozenSet(["main", "spare"]) }));

    public async Task DisposeAsync()
    {
        _gateway.Engine.Calls.ShouldBe(0);
        await _gateway.DisposeAsync();
    }

    [Theory]
    [InlineData("{", "invalid_json")]
    [InlineData("""{"text":"a""", "invalid_json")]
    [InlineData("""{"text":"a"}}""", "invalid_json")]
    [InlineData("""{"text":"a"} {"text":"b"}""", "invalid_json")]
    [InlineData("""{"text":"a",}""", "invalid_json")]
    [InlineData("""{text:"a"}""", "invalid_json")]
    [InlineData("nonsense", "invalid_json")]
    [InlineData("   ", "invalid_json")]
    [InlineData("", "empty_body")]
    public async Task What_is_not_JSON_is_refused(string body, string code)
    {
        using var response = await _gateway.PostAsync("/invoke", body);

        await response.ProblemAsync(400, code);
    }

    [Fact]
    public async Task The_place_of_a_mistake_is_told()
    {
        using var response = await _gateway.PostAsync("/invoke", "{\n  \"text\": nope }");

        (await response.ProblemAsync(400, "invalid_json")).Text("detail").ShouldContain("line 2, byte 12");
    }

    [Theory]
    [InlineData("[1]", "$")]
    [InlineData("\"text\"", "$")]
    [InlineData("17", "$")]
    [InlineData("null", "$")]
    [InlineData("""{"text":1}""", "$.text")]
    [InlineData("""{"text":["a"]}""", "$.text")]
    [InlineData("""{"text":""}""", "$.text")]
    [InlineData("""{"text":" \n\t\u0020\u3000 "}""", "$.text")]
    [InlineData("""{"text":"  "}""", "$.text")]
    [InlineData("""{"text":null}""", "$.text")]
    [InlineData("{}", "$.text")]
    [InlineData("""{"input":"a"}""", "$.input")]
    [InlineData("""{"input":[{}]}""", "$.input")]
    [InlineData("""{"text":"a","session_id":5}""", "$.session_id")]
    [InlineData("""{"text":"a","session_id":"a/b"}""", "$.session_id")]
    [InlineData("""{"text":"a","session_id":""}""", "$.session_id")]
    [InlineData("""{"text":"a","session_id":".."}""", "$.session_id")]
    [InlineData("""{"text":"a","session_id":"\ud800"}""", "$.session_id")]
    [InlineData("""{"text":"a","user_id":""}""", "$.user_id")]
    [InlineData("""{"text":"a","user_id":"a\u0000"}""", "$.user_id")]
    [InlineData("""{"text":"a","user_id":true}""", "$.user_id")]
    [InlineData("""{"text":"a","class_method":"1x"}""", "$.class_method")]
    [InlineData("""{"text":"a","class_method":"a.b"}""", "$.class_method")]
    [InlineData("""{"text":"a","engine":{}}""", "$.engine")]
    [InlineData("""{"text":"a","on_busy":"wait"}""", "$.on_busy")]
    [InlineData("""{"text":"a","on_busy":0}""", "$.on_busy")]
    [InlineData("""{"text":"a","on_busy":"\udc00"}""", "$.on_busy")]
    [InlineData("""{"text":"a","prompt":"b"}""", "$.prompt")]
    [InlineData("""{"text":"a","session-id":{"x":[1]}}""", "$['session-id']")]
    [InlineData("""{"text":"a","it's":1}""", "$['it\\'s']")]
    [InlineData("""{"text":"a","\ud800":1}""", "$['?']")]
    [InlineData("""{"text":"a","Text":"b"}""", "$.Text")]
    [InlineData("""{"text":"a","text":"b"}""", "$.text")]
    [InlineData("""{"text":"a","\u0074ext":"b"}""", "$.text")]
    public async Task What_is_wrong_is_named_by_its_path(string body, string path)
    {
        using var response = await _gateway.PostAsync("/invoke/stream", body);

        var problem = await response.ProblemAsync(400, "invalid_request");
        problem.ErrorPaths().ShouldBe([path]);
        problem.Text("detail").ShouldStartWith(path + ": ");
    }

    [Fact]
    public async Task Everything_wrong_is_told_at_once_and_within_bounds()
    {
        var fields = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"x{i}\":1"));

        using var response = await _gateway.PostAsync("/invoke", "{" + fields + "}");

        var paths = (await response.ProblemAsync(400, "invalid_request")).ErrorPaths().ToList();
        paths.Count.ShouldBe(16);
        paths[0].ShouldBe("$.x0");
    }

    [Fact]
    public async Task Unknown_fields_are_answered_with_the_known_ones()
    {
        using var response = await _gateway.PostAsync("/invoke", """{"message":"hi"}""");

        (await response.ProblemAsync(400, "invalid_request")).Text("detail").ShouldContain("session_id");
    }

    [Fact]
    public async Task An_engine_that_is_not_configured_is_not_found()
    {
        using var response = await _gateway.PostAsync("/invoke", """{"text":"a","engine":"other"}""");

        (await response.ProblemAsync(404, "unknown_engine")).GetProperty("errors")[0].Text("message").ShouldContain("main, spare");
    }

    [Theory]
    [InlineData("input", "[", "]")]
    [InlineData("input", "{\"a\":", "}")]
    [InlineData("other", "[", "]")]
    public async Task Deep_nesting_is_refused_by_its_name(string field, string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, 5000)) + "1" + string.Concat(Enumerable.Repeat(close, 5000));
        var body = field == "input" ? "{\"input\":{\"x\":" + deep + "}}" : "{\"other\":" + deep + "}";

        using var response = await _gateway.PostAsync("/invoke", body);

        var problem = await response.ProblemAsync(400, "nested_too_deeply");
        problem.ErrorPaths().ShouldBe([$"$.{field}"]);
        problem.Text("detail").ShouldContain("64 levels");
    }

    [Fact]
    public async Task Invalid_UTF8_is_refused()
    {
        using var content = new ByteArrayContent([.. "{\"text\":\"a"u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var response = await _gateway.Client.PostAsync("/invoke", content);

        await response.ProblemAsync(400, "invalid_utf8");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonp")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("text/json")]
    [InlineData("nonsense")]
    public async Task A_body_that_does_not_say_it_is_JSON_is_refused(string? type)
    {
        using var content = new ByteArrayContent("""{"text":"a"}"""u8.ToArray());
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await _gateway.Client.PostAsync("/invoke", content);

        await response.ProblemAsync(415, "unsupported_media_type");
        response.Header("Accept-Post").ShouldBe("application/json");
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        using var content = new StringContent("""{"text":"a"}""", Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add("gzip");

        using var response = await _gateway.Client.PostAsync("/invoke", content);

        await response.ProblemAsync(415, "unsupported_content_encoding");
        response.Header("Accept-Encoding").ShouldBe("identity");
    }

    [Theory]
    [InlineData(100_001, false)]
    [InlineData(100_001, true)]
    [InlineData(10_000_000, false)]
    [InlineData(10_000_000, true)]
    public async Task A_body_beyond_the_bound_is_refused_with_or_without_its_length(int size, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invoke");
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"text\":\"" + new string('a', size - 11) + "\"}"));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await _gateway.Client.SendAsync(request);

        (await response.ProblemAsync(413, "body_too_large")).Text("detail").ShouldContain("100000");
    }

    [Fact]
    public async Task A_text_beyond_its_own_bound_is_refused_by_name()
    {
        using var response = await _gateway.PostAsync("/invoke", "{\"text\":\"" + new string('a', 60_000) + "\"}");

        (await response.ProblemAsync(413, "text_too_large")).ErrorPaths().ShouldBe(["$.text"]);
    }

    [Theory]
    [InlineData("GET", "/invoke", "POST")]
    [InlineData("PUT", "/invoke/stream", "POST")]
    [InlineData("POST", "/card", "GET, HEAD")]
    [InlineData("POST", "/_health", "GET, HEAD")]
    [InlineData("PATCH", "/sessions/s", "GET, HEAD, DELETE")]
    [InlineData("GET", "/sessions/s/turns/00000000000000000000000000000000:cancel", "POST")]
    [InlineData("OPTIONS", "/openapi.json", "GET, HEAD")]
    [InlineData("BREW", "/livez", "GET, HEAD")]
    public async Task A_wrong_method_is_told_the_right_ones(string method, string path, string allow)
    {
        using var response = await _gateway.SendAsync(new HttpMethod(method), path);

        await response.ProblemAsync(405, "method_not_allowed");
        response.Header("Allow").ShouldBe(allow);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/invoke/nowhere")]
    [InlineData("DELETE", "/sessions")]
    public async Task An_unknown_path_is_not_found(string method, string path)
    {
        using var response = await _gateway.SendAsync(new HttpMethod(method), path);

        await response.ProblemAsync(404, "not_found");
    }
}
