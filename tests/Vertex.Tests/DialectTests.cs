using System.Text.Json;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.TestKit;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class DialectTests
{
    private const string AdkSpec = """
        {"spec":{"classMethods":[
          {"name":"async_create_session","api_mode":"async"},{"name":"async_get_session","api_mode":"async"},
          {"name":"async_stream_query","api_mode":"async_stream"},{"name":"stream_query","api_mode":"stream"},
          {"name":"create_session","api_mode":""}]}}
        """;

    private const string OldAdkSpec = """
        {"spec":{"class_methods":[{"name":"create_session","apiMode":""},{"name":"stream_query","apiMode":"stream"}]}}
        """;

    private const string PlainSpec = """
        {"spec":{"classMethods":[{"name":"query","api_mode":""},{"name":"stream_query","api_mode":"stream"},{"name":"look","api_mode":"async"}]}}
        """;

    private const string QueryOnlySpec = """{"spec":{"classMethods":[{"name":"query","api_mode":""}]}}""";
    private const string StreamOnlySpec = """{"spec":{"classMethods":[{"name":"stream_query","api_mode":"stream"}]}}""";

    private static readonly string[] OneSession = ["async_create_session", "async_stream_query", "async_stream_query"];

    [Fact]
    public async Task A_message_to_adk_makes_the_engines_session_once_and_then_uses_it()
    {
        await using var stub = await AdkAsync(AdkSpec);
        await using var bench = Auto(stub);
        var first = FakeTurn.Saying("hi");
        (await bench.RunAsync(first)).Fault.ShouldBeNull();
        first.EngineSession.ShouldNotBeNull().Id.ShouldBe("e7");
        first.Binds.ShouldBe(1);
        first.Said.ShouldBe("hello");

        var second = FakeTurn.Saying("again", Delivery.Whole);
        second.EngineSession = first.EngineSession;
        var outcome = await bench.RunAsync(second);
        outcome.Answer.ShouldBe(AnswerShape.Text);
        second.Binds.ShouldBe(0);

        stub.Posts.Select(seen => Json(seen).GetProperty("class_method").GetString()).ShouldBe(OneSession);
        stub.Posts.Select(seen => seen.Path[(seen.Path.LastIndexOf(':') + 1)..]).ShouldBe(["query", "streamQuery", "streamQuery"]);
        stub.Posts.Select(seen => seen.Body).ShouldBe(
        [
            """{"class_method":"async_create_session","input":{"user_id":"u1"}}""",
            """{"class_method":"async_stream_query","input":{"user_id":"u1","session_id":"e7","run_config":{"streaming_mode":"sse"},"message":"hi"}}""",
            """{"class_method":"async_stream_query","input":{"user_id":"u1","session_id":"e7","run_config":{"streaming_mode":"sse"},"message":"again"}}""",
        ]);
        stub.Seen.Count(seen => seen.Method == "GET").ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"output":{"id":"e7"}}""")]
    [InlineData("""{"output":{"session_id":"e7"}}""")]
    [InlineData("""{"output":{"sessionId":"e7","appName":"x"}}""")]
    [InlineData("""{"output":"e7"}""")]
    public async Task The_id_of_a_new_session_is_found_however_it_is_called(string answer)
    {
        await using var stub = await AdkAsync(AdkSpec, session: answer);
        await using var bench = Auto(stub);
        var turn = FakeTurn.Saying("hi");
        await bench.RunAsync(turn);
        turn.EngineSession.ShouldNotBeNull().Id.ShouldBe("e7");
    }

    [Fact]
    public async Task Without_a_session_id_in_the_answer_the_turn_does_not_start()
    {
        await using var stub = await AdkAsync(AdkSpec, session: """{"output":{}}""");
        await using var bench = Auto(stub);
        (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault!.Kind.ShouldBe(FaultKind.MalformedAnswer);
        stub.Posts.Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"message":"m"}""", """{"user_id":"u1","session_id":"e7","run_config":{"streaming_mode":"sse"},"message":"m"}""")]
    [InlineData("""{}""", """{"user_id":"u1","session_id":"e7","run_config":{"streaming_mode":"sse"}}""")]
    [InlineData(""" { "user_id" : "me" , "message":{"role":"user"}} """, """{"session_id":"e7","run_config":{"streaming_mode":"sse"}, "user_id" : "me" , "message":{"role":"user"}} """)]
    [InlineData("""{"run_config":null,"message":"m"}""", """{"user_id":"u1","session_id":"e7","run_config":null,"message":"m"}""")]
    public async Task An_input_object_is_carried_word_for_word_with_only_what_is_missing(string input, string sent)
    {
        await using var stub = await AdkAsync(AdkSpec);
        await using var bench = Auto(stub);
        (await bench.RunAsync(FakeTurn.Giving(input))).Fault.ShouldBeNull();
        stub.Posts.Last().Body.ShouldBe("{\"class_method\":\"async_stream_query\",\"input\":" + sent.TrimStart() + "}");
        Json(stub.Posts.First()).GetProperty("input").GetProperty("user_id").GetString().ShouldBe(input.Contains("\"me\"", StringComparison.Ordinal) ? "me" : "u1");
    }

    [Theory]
    [InlineData("""{"session_id":"mine","message":"m"}""")]
    [InlineData("""{"session_events":[],"message":"m"}""")]
    public async Task A_callers_own_session_is_used_and_none_is_made(string input)
    {
        await using var stub = await AdkAsync(AdkSpec);
        await using var bench = Auto(stub);
        var turn = FakeTurn.Giving(input);
        await bench.RunAsync(turn);
        turn.Binds.ShouldBe(0);
        stub.Posts.Single().Body.ShouldNotContain("e7");
    }

    [Fact]
    public async Task A_user_name_is_written_as_json()
    {
        await using var stub = await AdkAsync(AdkSpec);
        await using var bench = Auto(stub);
        var turn = FakeTurn.Saying("hi");
        var odd = new FakeTurn { Request = turn.Request, UserId = "a\"b\\ü" };
        await bench.RunAsync(odd);
        stub.Posts.ShouldAllBe(seen => Json(seen).GetProperty("input").GetProperty("user_id").GetString() == "a\"b\\ü");
    }

    [Fact]
    public async Task An_older_adk_is_called_by_its_own_methods()
    {
        await using var stub = await AdkAsync(OldAdkSpec);
        await using var bench = Auto(stub);
        await bench.RunAsync(FakeTurn.Saying("hi"));
        stub.Posts.Select(seen => Json(seen).GetProperty("class_method").GetString()).ShouldBe(["create_session", "stream_query"]);
    }

    [Theory]
    [InlineData(PlainSpec, Delivery.Whole, null, "query")]
    [InlineData(PlainSpec, Delivery.Streamed, null, "streamQuery")]
    [InlineData(PlainSpec, Delivery.Streamed, "look", "query")]
    [InlineData(PlainSpec, Delivery.Whole, "stream_query", "streamQuery")]
    [InlineData(PlainSpec, Delivery.Whole, "unheard_of", "query")]
    [InlineData(PlainSpec, Delivery.Streamed, "unheard_of", "streamQuery")]
    [InlineData(QueryOnlySpec, Delivery.Streamed, null, "query")]
    [InlineData(StreamOnlySpec, Delivery.Whole, null, "streamQuery")]
    [InlineData(AdkSpec, Delivery.Streamed, "async_get_session", "query")]
    public async Task The_endpoint_is_the_one_that_serves_the_method(string spec, Delivery delivery, string? method, string endpoint)
    {
        await using var stub = await AdkAsync(spec);
        await using var bench = Auto(stub);
        (await bench.RunAsync(FakeTurn.Giving("""{"a":1}""", delivery, method))).Fault.ShouldBeNull();
        var seen = stub.Posts.Single();
        seen.Path.ShouldEndWith(":" + endpoint);
        seen.Body.ShouldBe(method is null ? """{"input":{"a":1}}""" : "{\"class_method\":\"" + method + "\",\"input\":{\"a\":1}}");
    }

    [Fact]
    public async Task A_stream_that_is_asked_of_an_engine_without_one_is_its_whole_answer()
    {
        await using var stub = await AdkAsync(QueryOnlySpec);
        await using var bench = Auto(stub);
        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Answer.ShouldBe(AnswerShape.Verbatim);
        turn.Raw.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(403, "{}")]
    [InlineData(200, "")]
    [InlineData(200, "nope")]
    [InlineData(200, """{"spec":5}""")]
    [InlineData(200, """{"spec":{"classMethods":[{"name":5},7]}}""")]
    public async Task Without_its_methods_an_engine_is_a_plain_one_until_they_can_be_read(int status, string body)
    {
        var time = new ManualTime();
        var answer = (Status: status, Body: body);
        await using var stub = await StubEngine.StartAsync((context, seen) => seen.Method == "GET"
            ? StubEngine.Answer(context, answer.Status, answer.Body)
            : StubEngine.Answer(context, 200, seen.Path.EndsWith(":query", StringComparison.Ordinal) ? """{"output":{"id":"e7"}}""" : "\"x\"\n"));
        await using var bench = Auto(stub, time);
        (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldBeNull();
        (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldBeNull();
        stub.Posts.ShouldAllBe(seen => seen.Body == """{"input":{"text":"hi"}}""");
        stub.Seen.Count(seen => seen.Method == "GET").ShouldBe(1);

        // The next reading happens behind a turn's back; the one after finds it done.
        answer = (200, AdkSpec);
        time.Advance(TimeSpan.FromMinutes(1));
        await bench.RunAsync(FakeTurn.Saying("hi"));
        await UntilAsync(async () =>
        {
            await bench.RunAsync(FakeTurn.Saying("hi"));
            return stub.Posts.Any(seen => seen.Body.Contains("async_create_session", StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task An_engine_resource_that_does_not_come_holds_no_turn_up_for_long()
    {
        var time = new ManualTime();
        var asked = new TaskCompletionSource();
        await using var stub = await StubEngine.StartAsync(async (context, seen) =>
        {
            if (seen.Method == "GET")
            {
                var left = new TaskCompletionSource();
                context.RequestAborted.Register(left.SetResult);
                asked.SetResult();
                await left.Task;
                return;
            }

            await StubEngine.Answer(context, 200, "{}");
        });
        await using var bench = Auto(stub, time);
        var running = bench.RunAsync(FakeTurn.Saying("hi", Delivery.Whole));
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(11));
        (await running).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task Turns_that_come_together_read_the_methods_once()
    {
        await using var stub = await AdkAsync(PlainSpec);
        await using var bench = Auto(stub);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => bench.RunAsync(FakeTurn.Saying("hi", Delivery.Whole))));
        stub.Seen.Count(seen => seen.Method == "GET").ShouldBe(1);
    }

    [Fact]
    public async Task A_chosen_dialect_is_not_asked_about()
    {
        await using var stub = await AdkAsync(PlainSpec);
        await using var bench = new Bench(stub, options => options with { Dialect = DialectChoice.Adk });
        await bench.RunAsync(FakeTurn.Saying("hi"));
        stub.Seen.ShouldAllBe(seen => seen.Method == "POST");
        stub.Posts.Select(seen => Json(seen).GetProperty("class_method").GetString()).ShouldBe(["async_create_session", "async_stream_query"]);
    }

    [Fact]
    public async Task A_fault_in_making_the_session_is_the_turns()
    {
        await using var stub = await StubEngine.StartAsync((context, seen) => seen.Path.EndsWith(":query", StringComparison.Ordinal)
            ? StubEngine.Answer(context, 429, "{}")
            : StubEngine.Answer(context, 200, "\"x\"\n"));
        await using var bench = new Bench(stub, options => options with { Dialect = DialectChoice.Adk });
        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Fault!.Kind.ShouldBe(FaultKind.QuotaExceeded);
        turn.Raw.ShouldBeEmpty();
        turn.EngineSession.ShouldBeNull();
    }

    private static Bench Auto(StubEngine stub, TimeProvider? time = null) => new(stub, options => options with { Dialect = DialectChoice.Auto }, time);

    private static Task<StubEngine> AdkAsync(string spec, string session = """{"output":{"id":"e7","user_id":"u1"}}""") =>
        StubEngine.StartAsync((context, seen) => StubEngine.Answer(
            context,
            200,
            seen.Method == "GET" ? spec
            : seen.Path.EndsWith(":query", StringComparison.Ordinal) ? session
            : """{"content":{"parts":[{"text":"hello"}]},"author":"a"}""" + "\n"));

    private static JsonElement Json(SeenRequest seen) => JsonDocument.Parse(seen.Body).RootElement;

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await holds())
        {
            timeout.Token.ThrowIfCancellationRequested();
        }
    }
}
