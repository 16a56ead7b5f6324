using System.Net.Http.Headers;
using System.Text;
using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class GoodRequestTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("Application/JSON; charset=UTF-8")]
    [InlineData("application/json;charset=\"utf-8\"")]
    [InlineData("application/vnd.example+json")]
    public async Task JSON_by_any_of_its_names_is_taken(string type)
    {
        await using var gateway = await EchoAsync();
        using var content = new ByteArrayContent("""{"text":"a"}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await gateway.Client.PostAsync("/invoke", content);

        (await response.Content.ReadAsStringAsync()).ShouldBe("\"a\"");
    }

    [Theory]
    [InlineData("\uFEFF{\"text\":\"a\"}", "\"a\"")]
    [InlineData(" {\"te\\u0078t\" : \"a\" , \"session_id\":null, \"input\":null} ", "\"a\"")]
    [InlineData("{\"text\":\"\\ud800\"}", "\"\\ud800\"")]
    [InlineData("{\"text\":\" \\u0020x\"}", "\" \\u0020x\"")]
    [InlineData("{\"text\":\"\\\\\"}", "\"\\\\\"")]
    [InlineData("{\"text\":5e1,\"text\":6}", null)]
    [InlineData("{\"input\":{},\"text\":\"\"}", "{}")]
    public async Task Unusual_JSON_is_JSON(string body, string? input)
    {
        await using var gateway = await EchoAsync();

        using var response = await gateway.PostAsync("/invoke", body);

        response.IsSuccessStatusCode.ShouldBe(input is not null);
        if (input is not null)
        {
            (await response.Content.ReadAsStringAsync()).ShouldBe(input);
        }
    }

    [Theory]
    [InlineData(62)]
    [InlineData(63)]
    public async Task The_deepest_allowed_level_is_allowed(int inner)
    {
        var input = "{\"x\":" + new string('[', inner - 1) + new string(']', inner - 1) + "}";
        await using var gateway = await EchoAsync();

        using var response = await gateway.PostAsync("/invoke", "{\"input\":" + input + "}");

        (await response.Content.ReadAsStringAsync()).ShouldBe(input);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_up_to_the_bound_arrives_whole(bool chunked)
    {
        await using var gateway = await EchoAsync(3_000_000);
        var text = "\"" + new string('é', 1_499_990) + "\"";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invoke");
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes("{\"text\":" + text + "}"));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await gateway.Client.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldBe(text);
    }

    private static Task<Gateway> EchoAsync(int bound = 4 * 1024 * 1024) => Gateway.StartAsync(
        new() { MaxBodyBytes = bound, MaxTextBytes = bound },
        Gateway.Always(call =>
        {
            call.Turn.Append(call.Turn.Request.Input.Json.Span, default);
            return new EngineOutcome { Answer = AnswerShape.Verbatim };
        }));
}
