using System.Text;
using Sluice.Api.Tests.Http;

namespace Sluice.Api.Tests.EndToEnd;

public sealed class TraceTests(QueryStage shared) : IClassFixture<QueryStage>
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Traceparent = $"00-{Trace}-b7ad6b7169203331-01";

    private readonly Stage _stage = shared.Stage;

    [Theory]
    [InlineData("GET", "/_health", null, 200)]
    [InlineData("GET", "/card", null, 200)]
    [InlineData("GET", "/nowhere", null, 404)]
    [InlineData("GET", "/invoke", null, 405)]
    [InlineData("POST", "/invoke/stream", """{"text":"a story"}""", 200)]
    [InlineData("POST", "/invoke", "{", 400)]
    public async Task Every_answer_carries_the_trace_it_was_asked_in(string method, string path, string? body, int status)
    {
        using var answer = await _stage.SendAsync(new HttpMethod(method), path, body, [("traceparent", Traceparent)]);

        ((int)answer.StatusCode).ShouldBe(status);
        answer.Header("X-Trace-Id").ShouldBe(Trace);
        if (status == 405)
        {
            answer.Header("Allow").ShouldContain("POST");
        }
    }

    [Fact]
    public async Task Refused_bodies_carry_it_too()
    {
        using var large = new ByteArrayContent(new byte[(4 * 1024 * 1024) + 1]);
        large.Headers.ContentType = new("application/json");
        using var plain = new StringContent("ping", Encoding.UTF8, "text/plain");

        (await StatusAsync(large)).ShouldBe((413, Trace));
        (await StatusAsync(plain)).ShouldBe((415, Trace));
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("nonsense")]
    public async Task Malformed_trace_context_is_ignored(string traceparent)
    {
        using var answer = await _stage.GetAsync("/_health", ("traceparent", traceparent));

        ((int)answer.StatusCode).ShouldBe(200);
        answer.Header("X-Trace-Id").ShouldMatch("^[0-9a-f]{32}$");
        answer.Header("X-Trace-Id").ShouldNotBe(Trace);
    }

    [Fact]
    public async Task Engine_is_called_in_the_same_trace()
    {
        using var answer = await _stage.PostAsync("/invoke", Asking.Body("traced"), ("traceparent", Traceparent));

        ((int)answer.StatusCode).ShouldBe(200);
        var call = _stage.Engine.Calls.Single(call => call.Message == "traced");
        call.Traceparent.ShouldNotBeNull().ShouldMatch($"^00-{Trace}-[0-9a-f]{{16}}-01$");
        call.Traceparent.ShouldNotBe(Traceparent);
        call.CloudTraceContext.ShouldNotBeNull().ShouldStartWith($"{Trace}/");
    }

    private async Task<(int Status, string Trace)> StatusAsync(HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invoke") { Content = body };
        request.Headers.Add("traceparent", Traceparent);
        using var answer = await _stage.Client.SendAsync(request);
        return ((int)answer.StatusCode, answer.Header("X-Trace-Id"));
    }
}
