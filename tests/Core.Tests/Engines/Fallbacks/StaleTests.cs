using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.Core.Tests.Engines.Known;

namespace Sluice.Core.Tests.Engines.Fallbacks;

public sealed class StaleTests
{
    private readonly ManualTime _time = new();
    private bool _isDown;
    private string? _finishReason = "STOP";
    private string _answer = "yes";

    [Fact]
    public async Task Same_question_gets_its_last_answer_again_with_its_age()
    {
        await using var directory = Start();
        await directory.RunAsync(FakeTurn.Saying("why"));
        _answer = "because";
        await directory.RunAsync(FakeTurn.Saying("why"));
        _isDown = true;
        _time.Advance(TimeSpan.FromMinutes(5));
        var turn = FakeTurn.Saying("why");

        var outcome = await directory.RunAsync(turn);

        turn.Raw.ShouldBe(["""{"chunk": "because"}""", """{"chunk": "."}"""]);
        turn.Texts.ShouldBe(["\"because\"", "\".\""]);
        turn.Published.ShouldBe(0, "readers are woken by the end, which tells what this is");
        outcome.ShouldBe(new EngineOutcome
        {
            Answer = AnswerShape.Text,
            FinishReason = "STOP",
            Usage = TokenUsage.None,
            ServedBy = new ServedBy("default", "here") { Fallback = "stale", Age = TimeSpan.FromMinutes(5) },
        });
    }

    [Fact]
    public async Task Question_is_the_same_in_whatever_order_and_spacing_it_is_written()
    {
        await using var directory = Start();
        await directory.RunAsync(FakeTurn.Giving("""{"a":{"x":1,"y":[1,2]},"b":"c"}"""));
        _isDown = true;

        (await directory.RunAsync(FakeTurn.Giving("""{ "b" : "c", "a": { "y": [1, 2], "x": 1 } }"""))).Fault.ShouldBeNull();
        (await directory.RunAsync(FakeTurn.Giving("""{"a":{"x":1,"y":[2,1]},"b":"c"}"""))).Fault.ShouldNotBeNull();
        (await directory.RunAsync(FakeTurn.Giving("""{"a":{"x":1,"y":[12]},"b":"c"}"""))).Fault.ShouldNotBeNull();
        (await directory.RunAsync(FakeTurn.Giving("""{"a":{"x":1,"y":[1,2],"b":"c"}}"""))).Fault.ShouldNotBeNull();
    }

    [Fact]
    public async Task Answer_never_crosses_to_another_tenant_user_engine_method_delivery_or_question()
    {
        await using var directory = Start();
        await directory.RunAsync(FakeTurn.Saying("why"));
        _isDown = true;

        FakeTurn[] others =
        [
            FakeTurn.Saying("why", tenant: "other"),
            FakeTurn.Saying("why", user: "bob"),
            FakeTurn.Saying("why", engine: "second"),
            FakeTurn.Saying("why", method: "query"),
            FakeTurn.Saying("why", delivery: Delivery.Whole),
            FakeTurn.Saying("how"),
            FakeTurn.Giving("\"why\""),
        ];
        foreach (var other in others)
        {
            (await directory.RunAsync(other)).Fault.ShouldNotBeNull();
            other.Raw.ShouldBeEmpty();
        }

        (await directory.RunAsync(FakeTurn.Saying("why"))).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task What_was_said_in_a_session_is_neither_kept_nor_given()
    {
        await using var directory = Start();
        await directory.RunAsync(InSession());
        await directory.RunAsync(FakeTurn.Giving("""{"message":"why","session_id":"4711"}"""));
        _isDown = true;
        (await directory.RunAsync(FakeTurn.Saying("why"))).Fault.ShouldNotBeNull();
        (await directory.RunAsync(FakeTurn.Giving("""{"message":"why","session_id":"4711"}"""))).Fault.ShouldNotBeNull();

        _isDown = false;
        await directory.RunAsync(FakeTurn.Saying("why"));
        _isDown = true;
        (await directory.RunAsync(InSession())).Fault.ShouldNotBeNull();

        static FakeTurn InSession()
        {
            var turn = FakeTurn.Saying("why");
            turn.BindEngineSession(new EngineSession("default", "here", "1"));
            return turn;
        }
    }

    [Fact]
    public async Task Session_made_for_the_very_turn_that_failed_is_no_hindrance()
    {
        await using var directory = Start(call => call.Turn.BindEngineSession(new EngineSession("default", "here", "1")));
        await directory.RunAsync(FakeTurn.Saying("why"));
        _isDown = true;

        (await directory.RunAsync(FakeTurn.Saying("why"))).Fault.ShouldBeNull();
    }

    [Theory]
    [InlineData("MAX_TOKENS")]
    [InlineData("SAFETY")]
    public async Task Answer_that_is_not_all_there_was_to_say_is_not_kept(string finishReason)
    {
        _finishReason = finishReason;
        await using var directory = Start();
        await directory.RunAsync(FakeTurn.Saying("why"));
        _isDown = true;

        (await directory.RunAsync(FakeTurn.Saying("why"))).Fault.ShouldNotBeNull();
    }

    [Fact]
    public async Task Answer_too_old_is_not_given()
    {
        await using var directory = Start();
        await directory.RunAsync(FakeTurn.Saying("why"));
        _isDown = true;
        _time.Advance(TimeSpan.FromHours(24));
        (await directory.RunAsync(FakeTurn.Saying("why"))).ServedBy!.Age.ShouldBe(TimeSpan.FromHours(24));
        _time.Advance(TimeSpan.FromSeconds(1));

        (await directory.RunAsync(FakeTurn.Saying("why"))).Fault.ShouldNotBeNull();
    }

    private EngineDirectory Start(Action<ScriptedCall>? first = null)
    {
        var engine = new ScriptedEngine
        {
            Script = (call, _) =>
            {
                first?.Invoke(call);
                if (_isDown)
                {
                    return new(EngineOutcome.Failed(new EngineFault(FaultKind.Unreachable, "gone")));
                }

                call.Emit(_answer, ".");
                return new(new EngineOutcome
                {
                    Answer = AnswerShape.Text,
                    FinishReason = _finishReason,
                    Usage = new TokenUsage(1, 2),
                    ServedBy = new ServedBy("default", "here"),
                });
            },
        };
        return new EngineDirectory([Named("default", engine, Stale), Named("second", engine, Stale)], new AnswerCache(new CachePolicy(), _time));
    }
}
