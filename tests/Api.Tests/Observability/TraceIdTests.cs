using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Sluice.Api.Tests.Observability;

public sealed class TraceIdTests : IAsyncLifetime
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    private TestGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData("GET", "/_health", 200)]
    [InlineData("GET", "/card", 200)]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("DELETE", "/invoke", 405)]
    [InlineData("POST", "/invoke", 415)]
    public async Task Every_answer_tells_its_trace(string method, string path, int status)
    {
        var answer = await _gateway.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        ((int)answer.StatusCode).ShouldBe(status);
        TraceOf(answer).ShouldMatch("^[0-9a-f]{32}$");
    }

    [Fact]
    public async Task Stream_tells_its_trace()
    {
        var answer = await _gateway.InvokeAsync("hello", "/invoke/stream");

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        TraceOf(answer).ShouldMatch("^[0-9a-f]{32}$");
    }

    [Fact]
    public async Task Defect_tells_its_trace_and_nothing_of_itself()
    {
        var engine = new TestKit.ScriptedEngine { Script = static (_, _) => throw new InvalidOperationException("a secret") };
        await using var gateway = await TestGateway.StartAsync(engine);

        var answer = await gateway.InvokeAsync("hello");

        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var problem = await answer.Content.ReadAsStringAsync();
        problem.ShouldContain(TraceOf(answer));
        problem.ShouldNotContain("secret");
        gateway.Log.Lines.Count(line => line.Level >= LogLevel.Error).ShouldBe(1);
    }

    [Fact]
    public async Task Valid_traceparent_is_honoured() => (await TraceForAsync("traceparent", $"00-{Trace}-b7ad6b7169203331-00")).ShouldBe(Trace);

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    [InlineData("|hierarchical.id.")]
    public async Task Malformed_traceparent_is_as_none(string value)
    {
        var trace = await TraceForAsync("traceparent", value);

        trace.ShouldMatch("^[0-9a-f]{32}$");
        trace.ShouldNotBe(Trace);
        trace.ShouldNotBe(new string('0', 32));
    }

    [Fact]
    public async Task Trace_of_google_is_honoured_where_there_is_no_valid_traceparent()
    {
        (await TraceForAsync("X-Cloud-Trace-Context", $"{Trace}/123;o=1")).ShouldBe(Trace);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/_health");
        request.Headers.TryAddWithoutValidation("traceparent", "garbage");
        request.Headers.TryAddWithoutValidation("X-Cloud-Trace-Context", $"{Trace}/123;o=1");
        TraceOf(await _gateway.Client.SendAsync(request)).ShouldBe(Trace);
    }

    [Fact]
    public async Task Valid_traceparent_wins_over_the_trace_of_google()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_health");
        request.Headers.TryAddWithoutValidation("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        request.Headers.TryAddWithoutValidation("X-Cloud-Trace-Context", $"{new string('a', 32)}/123;o=1");

        TraceOf(await _gateway.Client.SendAsync(request)).ShouldBe(Trace);
    }

    [Fact]
    public async Task Problem_tells_the_trace_of_its_header()
    {
        var answer = await _gateway.Client.GetAsync("/nowhere");

        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        problem.GetProperty("trace_id").GetString().ShouldBe(TraceOf(answer));
    }

    private static string TraceOf(HttpResponseMessage answer) => answer.Headers.GetValues("X-Trace-Id").Single();

    private async Task<string> TraceForAsync(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_health");
        request.Headers.TryAddWithoutValidation(header, value);
        return TraceOf(await _gateway.Client.SendAsync(request));
    }
}
