using System.Text;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Http;

public sealed class InvokeTests
{
    private const string Ping = """{"text":"ping"}""";

    [Fact]
    public async Task The_engines_answer_comes_back_byte_for_byte_with_the_names_of_its_turn()
    {
        const string Answer = "{ \"output\": {\"n\": 1.50, \"s\": \"\\u00e9\"} }";
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => Verbatim(call, Answer)));

        using var response = await gateway.PostAsync("/invoke", """{"text":"ping","session_id":"s-1"}""");

        (await response.Content.ReadAsStringAsync()).ShouldBe(Answer);
        response.Header("Content-Type").ShouldBe("application/json");
        response.Content.Headers.ContentLength.ShouldBe(Answer.Length);
        response.Header("X-Session-Id").ShouldBe("s-1");
        TurnId.TryParse(response.Header("X-Turn-Id"), out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Text_becomes_the_input_as_it_was_written()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke", """{"text":"caf\u00e9 \ud800 \n"}""");

        var call = await gateway.Engine.NextCallAsync();

        call.Text.ShouldBe("""
            "caf\u00e9 \ud800 \n"
            """);
        call.Turn.Request.Input.IsText.ShouldBeTrue();
        call.Turn.Request.Delivery.ShouldBe(Delivery.Whole);
        call.Complete();
        (await asking).Dispose();
    }

    [Fact]
    public async Task Input_is_carried_verbatim_and_wins_over_text()
    {
        await using var gateway = await Gateway.StartAsync();
        var asking = gateway.PostAsync("/invoke", """{"text":"t","input":{ "a" : [1, 2.0], "text":"x"},"class_method":"query","user_id":"u","on_busy":"reject"}""");

        var call = await gateway.Engine.NextCallAsync();

        call.Text.ShouldBe("""{ "a" : [1, 2.0], "text":"x"}""");
        call.Turn.Request.Input.IsText.ShouldBeFalse();
        call.Turn.Request.ClassMethod.ShouldBe("query");
        call.Turn.Request.OnBusy.ShouldBe(BusyPolicy.Reject);
        call.Turn.UserId.ShouldBe("u");
        call.Complete();
        (await asking).Dispose();
    }

    [Fact]
    public async Task Texts_of_a_stream_are_joined_without_being_decoded()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            // One character's halves in two events are a character again.
            call.Turn.Append("""{"t":"a\ud83d"}"""u8, "\"a\\ud83d\""u8);
            call.Turn.Append("""{"state":1}"""u8, default);
            call.Turn.Append("""{"t":"\ude00\"b"}"""u8, "\"\\ude00\\\"b\""u8);
            return new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP", Usage = new TokenUsage(3, 5, 1) };
        }));

        using var response = await gateway.PostAsync("/invoke", Ping);

        (await response.Content.ReadAsStringAsync()).ShouldBe(
            """{"output":"a\ud83d\ude00\"b","finish_reason":"STOP","usage":{"input_tokens":3,"output_tokens":5,"cached_input_tokens":1}}""");
    }

    [Theory]
    [InlineData("/invoke", AnswerShape.Events)]
    [InlineData("/invoke?format=events", AnswerShape.Text)]
    public async Task Events_without_a_common_text_or_asked_for_come_as_a_list(string path, AnswerShape shape)
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Turn.Append("""{"a": 1}"""u8, default);
            call.Turn.Append("""{"b": 2}"""u8, "\"x\""u8);
            return new EngineOutcome { Answer = shape };
        }));

        using var response = await gateway.PostAsync(path, Ping);

        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"output":[{"a": 1},{"b": 2}],"finish_reason":null,"usage":null}""");
    }

    [Fact]
    public async Task An_answer_the_log_could_not_hold_is_not_passed_off_as_whole()
    {
        await using var gateway = await Gateway.StartAsync(
            limits: new() { LogEvents = 4 },
            engine: Gateway.Always(call =>
            {
                for (var i = 0; i < 10; i++)
                {
                    call.Emit("x");
                }

                return new EngineOutcome { Answer = AnswerShape.Text };
            }));

        using var response = await gateway.PostAsync("/invoke", Ping);

        await response.ProblemAsync(502, "answer_too_large");
    }

    [Fact]
    public async Task Without_a_session_each_call_gets_a_new_one()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => Verbatim(call, "1")));

        using var first = await gateway.PostAsync("/invoke", Ping);
        using var second = await gateway.PostAsync("/invoke", Ping);

        first.Header("X-Session-Id").ShouldNotBe(second.Header("X-Session-Id"));
    }

    [Theory]
    [InlineData("k-1", "\"k-1\"")]
    [InlineData("k-1", "k-1")]
    public async Task A_repeat_with_its_key_gets_the_first_turns_answer(string key, string again)
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => Verbatim(call, "\"once\"")));

        using var first = await gateway.PostAsync("/invoke", Ping, ("Idempotency-Key", key));
        using var second = await gateway.PostAsync("/invoke", Ping, ("Idempotency-Key", again));

        gateway.Engine.Calls.ShouldBe(1);
        second.Header("X-Turn-Id").ShouldBe(first.Header("X-Turn-Id"));
        second.Header("X-Session-Id").ShouldBe(first.Header("X-Session-Id"));
        first.Header("X-Session-Id").ShouldStartWith("idem-");
        first.Header("Idempotent-Replayed").ShouldBeEmpty();
        second.Header("Idempotent-Replayed").ShouldBe("true");
        (await second.Content.ReadAsStringAsync()).ShouldBe("\"once\"");
    }

    [Fact]
    public async Task A_key_with_another_request_is_refused()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => Verbatim(call, "1")));
        (await gateway.PostAsync("/invoke", Ping, ("Idempotency-Key", "k"))).Dispose();

        using var other = await gateway.PostAsync("/invoke", """{"text":"pong"}""", ("Idempotency-Key", "k"));

        await other.ProblemAsync(422, "idempotency_key_reused");
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("a b")]
    public async Task A_key_that_is_no_key_is_refused(string key)
    {
        await using var gateway = await Gateway.StartAsync();

        using var response = await gateway.PostAsync("/invoke", Ping, ("Idempotency-Key", key));

        (await response.ProblemAsync(400, "invalid_request")).ErrorPaths().ShouldBe(["Idempotency-Key"]);
    }

    [Fact]
    public async Task Nobody_can_come_back_to_a_plain_call_so_leaving_ends_it()
    {
        await using var gateway = await Gateway.StartAsync();
        using var leaving = new CancellationTokenSource();
        var asking = gateway.Client.PostAsync("/invoke", new StringContent(Ping, Encoding.UTF8, "application/json"), leaving.Token);
        var call = await gateway.Engine.NextCallAsync();
        call.Turn.Request.Grace.ShouldBe(TimeSpan.Zero);

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);

        await gateway.AdvanceUntilAsync(EndedAsync(call), TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_call_with_a_key_goes_on_for_its_grace_when_the_client_leaves()
    {
        await using var gateway = await Gateway.StartAsync(new() { Grace = TimeSpan.FromSeconds(7) });
        var asking = gateway.PostAsync("/invoke", Ping, ("Idempotency-Key", "k"));

        var call = await gateway.Engine.NextCallAsync();

        call.Turn.Request.Grace.ShouldBe(TimeSpan.FromSeconds(7));
        call.Complete();
        (await asking).Dispose();
    }

    [Fact]
    public async Task One_who_prefers_not_to_wait_is_told_where_to_ask()
    {
        await using var gateway = await Gateway.StartAsync();

        using var accepted = await gateway.PostAsync("/invoke", """{"text":"ping","session_id":"s"}""", ("Prefer", "wait=10, Respond-Async"));

        ((int)accepted.StatusCode).ShouldBe(202);
        accepted.Header("Preference-Applied").ShouldBe("respond-async");
        var turn = accepted.Header("X-Turn-Id");
        accepted.Header("Location").ShouldBe($"/sessions/s/turns/{turn}");
        (await accepted.JsonAsync()).Text("turn_id").ShouldBe(turn);
        var call = await gateway.Engine.NextCallAsync();
        call.Turn.Request.Grace.ShouldBeNull();
        gateway.Time.Advance(TimeSpan.FromHours(1));
        call.Cancelled.ShouldBeFalse();
        Verbatim(call, "\"late\"");
        call.Complete();
        using var answer = await gateway.PostAsync("/invoke", "", ("Last-Event-ID", turn + ":0"));
        (await answer.JsonAsync()).Text("output").ShouldBe("");
    }

    [Fact]
    public async Task A_cursor_on_invoke_waits_for_its_turn_and_starts_none()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => Verbatim(call, "\"first\"")));
        using var first = await gateway.PostAsync("/invoke", Ping);

        using var again = await gateway.PostAsync("/invoke", Ping, ("Last-Event-ID", first.Header("X-Turn-Id") + ":1"));

        (await again.Content.ReadAsStringAsync()).ShouldBe("\"first\"");
        again.Header("X-Turn-Id").ShouldBe(first.Header("X-Turn-Id"));
        gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_defect_answers_500_and_says_nothing_of_its_inside()
    {
        await using var gateway = await Gateway.StartAsync(engine: new ScriptedEngine
        {
            Script = (_, _) => throw new InvalidTimeZoneException("secret"),
        });

        using var response = await gateway.PostAsync("/invoke", Ping);

        (await response.ProblemAsync(500, "internal_error")).GetRawText().ShouldNotContain("secret");
    }

    private static async Task<bool> EndedAsync(ScriptedCall call)
    {
        await call.CancelledAsync();
        return true;
    }

    private static EngineOutcome Verbatim(ScriptedCall call, string json)
    {
        call.Turn.Append(Encoding.UTF8.GetBytes(json), default);
        return new EngineOutcome { Answer = AnswerShape.Verbatim };
    }
}
