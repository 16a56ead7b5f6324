using System.Diagnostics.Metrics;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.Core.Tests.Engines.Known;

namespace Sluice.Core.Tests.Engines.Fallbacks;

public sealed class FallbackTests
{
    public static TheoryData<FaultKind> Faults => [.. FaultTable.All.Select(row => row.Kind)];

    [Fact]
    public async Task Nothing_stands_in_unless_it_is_declared()
    {
        var other = Saying("hi");
        await using var directory = new EngineDirectory([Named("default", Failing()), Named("other", other)]);

        (await directory.RunAsync(FakeTurn.Saying("x"))).Fault!.Kind.ShouldBe(FaultKind.Unreachable);

        other.Calls.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Only_an_engine_that_cannot_have_begun_is_stood_in_for(FaultKind kind)
    {
        await using var directory = new EngineDirectory([Named("default", Failing(kind), Sorry)]);
        var turn = FakeTurn.Saying("x");

        var outcome = await directory.RunAsync(turn);

        (outcome.Fault is null).ShouldBe(FaultTable.Of(kind).Retry == RetryVerdict.NotStarted);
        turn.Raw.Count.ShouldBe(outcome.Fault is null ? 1 : 0);
    }

    [Fact]
    public async Task Engine_that_had_begun_is_not_stood_in_for_whatever_its_fault()
    {
        var engine = new ScriptedEngine { Script = (_, _) => new(EngineOutcome.Failed(new EngineFault(FaultKind.Unavailable, "later") { Started = true })) };
        await using var directory = new EngineDirectory([Named("default", engine, Sorry)]);

        (await directory.RunAsync(FakeTurn.Saying("x"))).Fault!.Message.ShouldBe("later");
    }

    [Fact]
    public async Task Engine_that_sent_an_event_is_not_stood_in_for()
    {
        var engine = new ScriptedEngine
        {
            Script = (call, _) =>
            {
                call.Emit("half");
                return new(EngineOutcome.Failed(new EngineFault(FaultKind.Unavailable, "later")));
            },
        };
        await using var directory = new EngineDirectory([Named("default", engine, Sorry)]);
        var turn = FakeTurn.Saying("x");

        (await directory.RunAsync(turn)).Fault!.Message.ShouldBe("later");

        turn.Texts.ShouldBe(["\"half\""]);
    }

    [Fact]
    public async Task Another_engine_runs_the_turn_once_and_is_named()
    {
        var other = Saying("from", "other");
        await using var directory = new EngineDirectory([Named("default", Failing(), To("other")), Named("other", other)]);
        var turn = FakeTurn.Saying("x");

        var outcome = await directory.RunAsync(turn);

        outcome.Fault.ShouldBeNull();
        outcome.Usage.ShouldBe(new TokenUsage(1, 2));
        outcome.ServedBy.ShouldBe(new ServedBy("there", "here") { Fallback = "engine=other" });
        turn.Texts.ShouldBe(["\"from\"", "\"other\""]);
        turn.Published.ShouldBe(2);
        other.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Fallbacks_of_a_fallback_are_not_followed()
    {
        await using var directory = new EngineDirectory(
            [Named("default", Failing(message: "first"), To("other")), Named("other", Failing(message: "second"), To("third")), Named("third", Saying("hi"))]);

        (await directory.RunAsync(FakeTurn.Saying("x"))).Fault!.Message.ShouldBe("first");
    }

    [Theory]
    [InlineData(FaultKind.Unavailable)]
    [InlineData(FaultKind.PermissionDenied)]
    [InlineData(FaultKind.InvalidRequest)]
    public async Task When_nothing_works_the_first_fault_is_told(FaultKind second)
    {
        await using var directory = new EngineDirectory([Named("default", Failing(message: "first"), To("other")), Named("other", Failing(second, "second"))]);

        var outcome = await directory.RunAsync(FakeTurn.Saying("x"));

        outcome.Fault!.Message.ShouldBe("first");
        outcome.ServedBy.ShouldBeNull();
    }

    [Theory]
    [InlineData(FaultKind.AgentFailed)]
    [InlineData(FaultKind.CutStream)]
    public async Task Fallback_that_may_have_acted_is_the_last_and_its_fault_is_told(FaultKind second)
    {
        await using var directory = new EngineDirectory([Named("default", Failing(message: "first"), To("other"), Sorry), Named("other", Failing(second, "second"))]);
        var turn = FakeTurn.Saying("x");

        var outcome = await directory.RunAsync(turn);

        outcome.Fault!.Message.ShouldBe("second");
        outcome.ServedBy!.Fallback.ShouldBe("engine=other");
        turn.Raw.ShouldBeEmpty();
    }

    [Fact]
    public async Task They_are_tried_in_order()
    {
        var (b, c) = (Failing(), Saying("c"));
        await using var directory = new EngineDirectory([Named("a", Failing(), To("b"), To("c"), Sorry), Named("b", b), Named("c", c)]);

        (await directory.RunAsync(FakeTurn.Saying("x"))).ServedBy!.Fallback.ShouldBe("engine=c");

        b.Calls.ShouldBe(1);
        c.Calls.ShouldBe(1);
    }

    [Theory]
    [InlineData(Delivery.Streamed, """{"chunk":"Sorry, \u0022no\u0022."}""", AnswerShape.Text)]
    [InlineData(Delivery.Whole, """{"output":"Sorry, \u0022no\u0022."}""", AnswerShape.Verbatim)]
    public async Task Text_comes_in_the_form_of_an_answer(Delivery delivery, string raw, AnswerShape shape)
    {
        await using var directory = new EngineDirectory([Named("default", Failing(), Sorry)]);
        var turn = FakeTurn.Saying("x", delivery: delivery);

        var outcome = await directory.RunAsync(turn);

        outcome.Answer.ShouldBe(shape);
        outcome.ServedBy.ShouldBe(new ServedBy("default", "") { Fallback = "text" });
        turn.Raw.ShouldBe([raw]);
        turn.Texts.ShouldBe(["""
            "Sorry, \u0022no\u0022."
            """]);
        turn.Published.ShouldBe(0, "readers are woken by the end, which tells what this is");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("query", true)]
    [InlineData("async_stream_query", true)]
    [InlineData("async_create_session", false)]
    [InlineData("streaming_agent_run_with_events", false)]
    public async Task Only_questions_are_answered_by_something_else(string? method, bool isAnswered)
    {
        await using var directory = new EngineDirectory([Named("default", Failing(), Sorry)]);

        ((await directory.RunAsync(FakeTurn.Saying("x", method: method))).Fault is null).ShouldBe(isAnswered);
    }

    [Fact]
    public async Task Question_in_a_session_of_the_engines_own_is_not_for_another_engine()
    {
        var other = Saying("hi");
        await using var directory = new EngineDirectory([Named("default", Failing(), To("other"), Sorry), Named("other", other)]);

        var outcome = await directory.RunAsync(FakeTurn.Giving("""{"message":"x","session_id":"4711"}"""));

        outcome.ServedBy!.Fallback.ShouldBe("text");
        other.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Cancelled_turn_asks_nobody_else()
    {
        using var cancellation = new CancellationTokenSource();
        var other = Saying("hi");
        var engine = new ScriptedEngine
        {
            Script = async (_, _) =>
            {
                await cancellation.CancelAsync();
                return EngineOutcome.Failed(new EngineFault(FaultKind.Unreachable, "gone"));
            },
        };
        await using var directory = new EngineDirectory([Named("default", engine, To("other")), Named("other", other)]);

        await Should.ThrowAsync<OperationCanceledException>(async () => await directory.RunAsync(FakeTurn.Saying("x"), cancellation.Token));

        other.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task What_stood_in_is_counted_by_engine_and_kind()
    {
        var engine = $"counted-{Guid.NewGuid():N}";
        var seen = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => l.EnableMeasurementEvents(i) };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "sluice.fallbacks" && Equals(tags[0].Value, engine))
            {
                seen.Add($"{value} {tags[0].Key} {tags[1].Key}={tags[1].Value}");
            }
        });
        listener.Start();
        await using var directory = new EngineDirectory([Named(engine, Failing(), Sorry)]);

        await directory.RunAsync(FakeTurn.Saying("x"));

        seen.ShouldBe(["1 sluice.engine.name sluice.fallback=text"]);
    }
}
