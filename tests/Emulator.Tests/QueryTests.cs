using System.Net;

namespace Sluice.Emulator.Tests;

public sealed class QueryTests : EmulatorTest
{
    [Fact]
    public async Task Answer_is_pretty_printed_json_with_googles_content_type()
    {
        using var response = await Query("echo", """{"input":{"text":"ping"}}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json; charset=UTF-8");
        (await response.Content.ReadAsStringAsync()).ShouldBe("{\n  \"output\": \"pong\"\n}\n");
    }

    [Theory]
    [InlineData("""{"class_method":"query","input":{"text":"hello"}}""")]
    [InlineData("""{"classMethod":"query","input":{"text":"hello"}}""")]
    [InlineData("""{"class_method":"","input":{"text":"hello"}}""")]
    [InlineData("""{"input":{"input":"hello"}}""")]
    [InlineData("""{"input":{"input":{"messages":[{"type":"human","content":"hello"}]},"config":{}}}""")]
    public async Task Class_method_has_two_spellings_and_a_default_and_the_question_several_shapes(string body)
    {
        using var response = await Query("echo", body);
        (await Body(response))["output"]!.GetValue<string>().ShouldBe("You said: hello");
    }

    [Theory]
    [InlineData("/v1beta1/projects/123/locations/europe-west1/reasoningEngines/echo:query")]
    [InlineData("/v1beta1/reasoningEngines/echo:query")]
    [InlineData("/v1beta1/projects/p/locations/l/reasoningEngines/echo/runtimeRevisions/7:query")]
    public async Task Engine_answers_under_every_address(string path)
    {
        using var response = await Post(path, """{"input":{"text":"ping"}}""");
        (await Body(response))["output"]!.GetValue<string>().ShouldBe("pong");
    }

    [Theory]
    [InlineData("10", "10")]
    [InlineData("10.0", "10")]
    [InlineData("0.1", "0.1")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("1e21", "1e+21")]
    [InlineData("\"a<b>\\u00e9\\u0001\"", "\"a\\u003cb\\u003eé\\u0001\"")]
    [InlineData("[]", "[]")]
    [InlineData("{}", "{}")]
    [InlineData("[1,[2]]", "[\n    1,\n    [\n      2\n    ]\n  ]")]
    public async Task Values_come_back_the_way_googles_printer_writes_them(string output, string printed)
    {
        Control.Enqueue(new Control.Script { Output = output });
        using var response = await Query("echo", """{"input":{"text":"x"}}""");
        (await response.Content.ReadAsStringAsync()).ShouldBe($"{{\n  \"output\": {printed}\n}}\n");
    }

    [Fact]
    public async Task Unknown_top_level_field_is_refused_before_the_agent()
    {
        using var response = await Query("echo", """{"text":"ping"}""");
        var error = await Error(response, 400);
        error["status"]!.GetValue<string>().ShouldBe("INVALID_ARGUMENT");
        error["message"]!.GetValue<string>().ShouldBe("Invalid JSON payload received. Unknown name \"text\": Cannot find field.");
        error["details"]![0]!["@type"]!.GetValue<string>().ShouldBe("type.googleapis.com/google.rpc.BadRequest");
        error["details"]![0]!["fieldViolations"]![0]!["description"]!.GetValue<string>().ShouldContain("Unknown name \"text\"");
        Control.Counters.TurnsRun("ping").ShouldBe(0);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"input":"ping"}""")]
    [InlineData("""{"class_method":5}""")]
    [InlineData("""{"input":{},"input":{}}""")]
    [InlineData("""{"input":{"text":"\ud800"}}""")]
    public async Task Malformed_bodies_are_invalid_arguments(string body)
    {
        using var response = await Query("echo", body);
        (await Error(response, 400))["status"]!.GetValue<string>().ShouldBe("INVALID_ARGUMENT");
    }

    [Fact]
    public async Task Default_method_of_an_adk_app_is_not_found_and_only_unary_methods_are_listed()
    {
        using var response = await Query("adk", """{"input":{"text":"ping"}}""");
        var error = await Error(response, 400);
        error["status"]!.GetValue<string>().ShouldBe("FAILED_PRECONDITION");
        error["message"]!.GetValue<string>().ShouldBe(
            "Reasoning Engine Execution failed.\nPlease refer to our documentation (https://cloud.google.com/vertex-ai/generative-ai/docs/agent-engine/troubleshooting/use) for checking logs and other troubleshooting tips.\n" +
            "Error Details: {\"detail\":\"Agent Engine Error: Default method `query` not found. Available methods are: ['get_session', 'list_sessions', 'create_session', 'delete_session', 'async_get_session', 'async_list_sessions', 'async_create_session', 'async_delete_session', 'async_add_session_to_memory', 'async_search_memory'].\"}");
    }

    [Fact]
    public async Task Stream_method_is_not_found_on_query_and_the_other_way_round()
    {
        using var query = await Query("adk", Turn("ping"));
        (await Error(query, 400))["message"]!.GetValue<string>().ShouldContain("User-specified method `async_stream_query` not found.");
        using var stream = await Stream("adk", """{"class_method":"async_get_session","input":{}}""");
        (await Error(stream, 400))["message"]!.GetValue<string>().ShouldContain(
            "User-specified method `async_get_session` not found. Available methods are: ['stream_query', 'async_stream_query', 'streaming_agent_run_with_events'].");
    }

    [Theory]
    [InlineData("echo", """{"input":{"txt":"ping"}}""", "EchoAgent.query() got an unexpected keyword argument 'txt'")]
    [InlineData("echo", """{"input":{}}""", "EchoAgent.query() missing 1 required positional argument: 'text'")]
    [InlineData("adk", """{"class_method":"async_get_session","input":{"user_id":"u"}}""", "AdkApp.async_get_session() missing 1 required keyword-only argument: 'session_id'")]
    [InlineData("adk", """{"class_method":"async_get_session","input":{}}""", "AdkApp.async_get_session() missing 2 required keyword-only arguments: 'user_id' and 'session_id'")]
    public async Task Wrong_keywords_are_type_errors_in_the_agents_envelope(string engine, string body, string exception)
    {
        using var response = await Query(engine, body);
        var error = await Error(response, 400);
        error["status"]!.GetValue<string>().ShouldBe("FAILED_PRECONDITION");
        error["message"]!.GetValue<string>().ShouldContain($"Agent Engine Error: An error occurred during invocation. Exception: {exception}\\nRequest Data: ");
        error["details"]![0]!["@type"]!.GetValue<string>().ShouldBe("type.googleapis.com/google.rpc.DebugInfo");
    }

    [Fact]
    public async Task Engine_resource_lists_its_class_methods()
    {
        using var response = await Http.GetAsync(Root + "adk-1");
        var engine = await Body(response);
        engine["name"]!.GetValue<string>().ShouldBe(Resource + "adk-1");
        var methods = engine["spec"]!["classMethods"]!.AsArray();
        methods.Count.ShouldBe(13);
        var stream = methods.Single(m => m!["name"]!.GetValue<string>() == "async_stream_query")!;
        stream["api_mode"]!.GetValue<string>().ShouldBe("async_stream");
        stream["description"]!.GetValue<string>().ShouldNotBeEmpty();
        stream["parameters"]!["required"]!.ToJsonString().ShouldBe("""["message","user_id"]""");
    }

    [Fact]
    public async Task Answers_repeat_for_a_seed_and_change_with_it()
    {
        var first = await Generated(7);
        (await Generated(7)).ShouldBe(first);
        (await Generated(8)).ShouldNotBe(first);

        static async Task<string> Generated(int seed)
        {
            await using var host = await EmulatorHost.StartAsync(new EmulatorOptions { Seed = seed, Answer = new AnswerOptions { Tokens = 12 } });
            using var http = new HttpClient { BaseAddress = host.Address };
            using var response = await http.PostAsync(Root + "echo:query", Json("""{"input":{"text":"same"}}"""));
            var text = (await Body(response))["output"]!.GetValue<string>();
            text.Split(' ').Length.ShouldBe(12);
            return text;
        }
    }
}
