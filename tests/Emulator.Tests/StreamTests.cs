using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Tests;

public sealed class StreamTests : EmulatorTest
{
    [Theory]
    [InlineData("")]
    [InlineData("?alt=sse")]
    [InlineData("?$alt=json;enum-encoding=int")]
    public async Task Stream_is_chunked_ndjson_whatever_alt_says(string query)
    {
        using var response = await Post($"{Root}echo:streamQuery{query}", """{"input":{"text":"hello there"}}""");
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        response.Headers.TransferEncodingChunked.ShouldBe(true);
        (await response.Content.ReadAsStringAsync()).ShouldBe("""
            {"chunk": "You"}
            {"chunk": " said:"}
            {"chunk": " hello"}
            {"chunk": " there"}

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Everything_outside_ascii_is_escaped_as_python_does()
    {
        var text = await StreamText("echo", """{"input":{"text":"é😀\u007f\"\\\n/"}}""");
        text.ShouldContain("""{"chunk": " \u00e9\ud83d\ude00\u007f\"\\\n/"}""");
    }

    [Fact]
    public async Task Adk_event_is_snake_case_with_pythons_separators()
    {
        var time = new ManualTime();
        await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Time = time });
        using var http = new HttpClient { BaseAddress = host.Address };
        using var response = await http.PostAsync(Root + "adk:streamQuery", Json(Turn("ping")));
        (await response.Content.ReadAsStringAsync()).ShouldBe(
            "{\"model_version\": \"gemini-2.5-flash\", \"content\": {\"parts\": [{\"text\": \"pong\"}], \"role\": \"model\"}, \"finish_reason\": \"STOP\", " +
            "\"usage_metadata\": {\"candidates_token_count\": 1, \"prompt_token_count\": 101, \"total_token_count\": 102, \"traffic_type\": \"ON_DEMAND\"}, " +
            "\"invocation_id\": \"e-e4974082-95a3-4fcf-8669-9c73c4a1cd10\", \"author\": \"root_agent\", " +
            "\"actions\": {\"state_delta\": {}, \"artifact_delta\": {}, \"requested_auth_configs\": {}, \"requested_tool_confirmations\": {}}, " +
            "\"id\": \"8ee46c17-4e82-4102-be0f-3b5358f0a328\", \"timestamp\": 1767323045.0}\n");
    }

    [Fact]
    public async Task Tokens_stream_only_when_asked_for_and_the_last_event_repeats_the_text()
    {
        var whole = await Events("adk", Turn("hello there"));
        whole.Count.ShouldBe(1);
        Text(whole[0]).ShouldBe("You said: hello there");

        var tokens = await Events("adk", Turn("hello there", sse: true));
        tokens.Count.ShouldBe(5);
        tokens.SkipLast(1).ShouldAllBe(e => e["partial"]!.GetValue<bool>() && e["usage_metadata"] == null);
        string.Concat(tokens.SkipLast(1).Select(Text)).ShouldBe("You said: hello there");
        tokens[^1]["partial"].ShouldBeNull();
        tokens[^1]["usage_metadata"]!["candidates_token_count"]!.GetValue<int>().ShouldBe(4);
        Text(tokens[^1]).ShouldBe("You said: hello there");
    }

    [Fact]
    public async Task Question_for_the_time_calls_a_tool_first()
    {
        var events = await Events("adk", Turn("what time is it?"));
        events.Count.ShouldBe(3);
        var call = events[0]["content"]!["parts"]![0]!["function_call"]!;
        call["name"]!.GetValue<string>().ShouldBe("get_time");
        events[0]["finish_reason"]!.GetValue<string>().ShouldBe("STOP");
        events[0]["long_running_tool_ids"]!.AsArray().ShouldBeEmpty();
        var response = events[1]["content"]!["parts"]![0]!["function_response"]!;
        response["id"]!.GetValue<string>().ShouldBe(call["id"]!.GetValue<string>());
        events[1]["content"]!["role"]!.GetValue<string>().ShouldBe("user");
        Text(events[2]).ShouldBe("It is 10:30.");
    }

    [Fact]
    public async Task Enterprise_entry_point_wraps_events_and_names_the_session()
    {
        var request = new JsonObject { ["user_id"] = "u1", ["message"] = new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = "ping" }) } };
        var body = new JsonObject
        {
            ["class_method"] = "streaming_agent_run_with_events",
            ["input"] = new JsonObject { ["request_json"] = request.ToJsonString() },
        };
        var events = await Events("adk", body.ToJsonString());
        Text(events.Single()["events"]![0]!).ShouldBe("pong");
        var session = events[0]["session_id"]!.GetValue<string>();
        (await Http.GetStringAsync($"{Root}adk/sessions/{session}/events")).ShouldContain("pong");
    }

    [Theory]
    [InlineData("5")]
    [InlineData("[1]")]
    public async Task Message_of_another_type_is_a_type_error(string message)
    {
        using var response = await Stream("adk", $$$"""{"class_method":"async_stream_query","input":{"user_id":"u","message":{{{message}}}}}""");
        (await Error(response, 400))["message"]!.GetValue<string>().ShouldContain("message must be a string or a dictionary representing a Content object.");
    }

    [Fact]
    public async Task Split_body_is_the_same_body()
    {
        var whole = await StreamText("echo", """{"input":{"text":"tell me a story"}}""");
        (await StreamText("echo", """{"input":{"text":"tell me a story"}}""", "split=true")).ShouldBe(whole);
    }

    [Fact]
    public async Task Split_body_cuts_events_and_joins_them()
    {
        const string body = """{"input":{"text":"tell me a story"}}""";
        var request = "POST /v1beta1/reasoningEngines/echo:streamQuery HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Emulator-Script: split=true\r\n" +
            $"Content-Length: {body.Length}\r\n\r\n{body}";
        var raw = await RawAsync(request);
        var sizes = raw.Split("\r\n").Where(l => l.Length is 1 or 2 && l.All(char.IsAsciiHexDigit)).ToList();
        sizes.Distinct().Count().ShouldBeGreaterThan(5);
    }

    [Theory]
    [InlineData("sse", "text/event-stream", "data: {\"chunk\": \"a\"}\n\ndata: {\"chunk\": \" b\"}\n\n")]
    [InlineData("concatenated", "application/json", "{\"chunk\": \"a\"}{\"chunk\": \" b\"}")]
    [InlineData("jsonArray", "application/json", "[{\"chunk\": \"a\"},\r\n{\"chunk\": \" b\"}\n]")]
    public async Task Other_framings_can_be_scripted(string framing, string contentType, string body)
    {
        using var response = await Stream("echo", """{"input":{"text":"x"}}""", $"framing={framing};text=a b");
        response.Content.Headers.ContentType!.ToString().ShouldBe(contentType);
        (await response.Content.ReadAsStringAsync()).ShouldBe(body);
    }

    [Fact]
    public async Task Scripted_lines_are_sent_byte_for_byte()
    {
        Control.Enqueue(new Script { Lines = ["{\"a\":1}", "not json"] });
        (await StreamText("adk", Turn("x"))).ShouldBe("{\"a\":1}\nnot json\n");
    }

    [Fact]
    public async Task Body_parses_as_a_sequence_of_values()
    {
        using var response = await Stream("adk", Turn("hello there", sse: true), "split=true");
        var stream = await response.Content.ReadAsStreamAsync();
        var count = 0;
        await foreach (var _ in JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream, topLevelValues: true)) count++;
        count.ShouldBe(5);
    }

    private static string Text(JsonNode e) => e["content"]!["parts"]![0]!["text"]!.GetValue<string>();

    private async Task<string> RawAsync(string request)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(Host.Address.Host, Host.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
