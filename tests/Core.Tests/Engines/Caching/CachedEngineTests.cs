using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Engines.Fallbacks;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.Core.Tests.Engines.Known;

namespace Sluice.Core.Tests.Engines.Caching;

public sealed class CachedEngineTests
{
    private static readonly CacheControl NoCache = new() { NoCache = true };
    private static readonly CacheControl NoStore = new() { NoStore = true };
    private static readonly CacheControl OnlyIfCached = new() { OnlyIfCached = true };

    [Fact]
    public async Task Same_question_is_answered_again_with_the_same_events_and_without_the_engine()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        var turn = FakeTurn.Saying("why");

        var outcome = await bench.RunAsync(turn);

        bench.Engine.Calls.ShouldBe(1);
        turn.Raw.ShouldBe(["""{"chunk": "answer 1"}""", """{"chunk": "."}"""]);
        turn.Texts.ShouldBe(["\"answer 1\"", "\".\""]);
        turn.Published.ShouldBe(0, "readers are woken by the end, which tells what this is");
        turn.IsFree.ShouldBeTrue();
        outcome.ShouldBe(new EngineOutcome
        {
            Answer = AnswerShape.Text,
            FinishReason = "STOP",
            Usage = TokenUsage.None,
            ServedBy = new ServedBy("default", "here") { Cache = CacheOutcome.Hit, Age = TimeSpan.FromSeconds(30) },
        });
    }

    [Fact]
    public async Task Answer_is_given_until_its_time_is_over_and_no_longer()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        await bench.AskAsync("why");
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Hit);
        bench.Time.Advance(TimeSpan.FromTicks(1));

        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Hit);
        bench.Engine.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Answer_never_crosses_to_another_tenant_user_method_delivery_or_question()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        await bench.AskAsync("why");

        FakeTurn[] others =
        [
            FakeTurn.Saying("why", tenant: "other"),
            FakeTurn.Saying("why", user: "bob"),
            FakeTurn.Saying("why", method: "query"),
            FakeTurn.Saying("why", delivery: Delivery.Whole),
            FakeTurn.Saying("how"),
        ];
        foreach (var other in others)
        {
            (await bench.RunAsync(other)).ServedBy!.Cache.ShouldBe(CacheOutcome.Miss);
        }
    }

    [Fact]
    public async Task Users_of_a_tenant_share_answers_when_told_to_and_tenants_never_do()
    {
        await using var bench = new CacheBench(CacheBench.Counting(), new CachePolicy { PerUser = false });
        await bench.AskAsync("why");

        (await bench.RunAsync(FakeTurn.Saying("why", user: "bob"))).ServedBy!.Cache.ShouldBe(CacheOutcome.Hit);
        (await bench.RunAsync(FakeTurn.Saying("why", tenant: "other"))).ServedBy!.Cache.ShouldBe(CacheOutcome.Miss);
    }

    [Fact]
    public async Task Delivery_makes_no_other_question_where_the_engine_says_so()
    {
        await using var bench = new CacheBench(CacheBench.Counting(outcome: new EngineOutcome { Answer = AnswerShape.Text, IsForAnyDelivery = true }));
        await bench.AskAsync("why");

        (await bench.RunAsync(FakeTurn.Saying("why", delivery: Delivery.Whole))).ServedBy!.Cache.ShouldBe(CacheOutcome.Hit);
    }

    [Fact]
    public async Task Later_turn_of_a_session_is_neither_answered_nor_kept_unless_it_stands_alone()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        (await bench.AskAsync("why", isFirst: false)).ShouldBe(CacheOutcome.Bypass);
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);

        (await bench.AskAsync("why", isFirst: false)).ShouldBe(CacheOutcome.Bypass);
        (await bench.AskAsync("why", isFirst: false, isStateless: true)).ShouldBe(CacheOutcome.Hit);
    }

    [Fact]
    public async Task Engine_that_keeps_sessions_is_spared_only_turns_that_stand_alone()
    {
        await using var bench = new CacheBench(CacheBench.Counting(call => call.Turn.BindEngineSession(new EngineSession("default", "here", "1"))));
        await bench.AskAsync("why");

        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Bypass, "what follows in its session would not know of it");
        (await bench.AskAsync("why", isStateless: true)).ShouldBe(CacheOutcome.Hit);
        bench.Engine.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Turn_in_a_session_that_the_engine_keeps_is_neither_answered_nor_kept()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        (await bench.RunAsync(InSession())).ServedBy!.Cache.ShouldBe(CacheOutcome.Bypass);
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);

        (await bench.RunAsync(InSession())).ServedBy!.Cache.ShouldBe(CacheOutcome.Bypass);

        static FakeTurn InSession()
        {
            var turn = FakeTurn.Saying("why", isStateless: true);
            turn.BindEngineSession(new EngineSession("default", "here", "1"));
            return turn;
        }
    }

    [Theory]
    [InlineData(FaultKind.CutStream)]
    [InlineData(FaultKind.IdleTimeout)]
    [InlineData(FaultKind.AgentFailed)]
    public async Task Answer_that_broke_off_is_not_kept(FaultKind kind)
    {
        await using var bench = new CacheBench(CacheBench.Counting(outcome: EngineOutcome.Failed(new EngineFault(kind, "broke"))));
        await bench.AskAsync("why");

        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
        bench.Cache.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("MAX_TOKENS")]
    [InlineData("SAFETY")]
    public async Task Answer_that_is_not_all_there_was_to_say_is_not_kept(string finishReason)
    {
        await using var bench = new CacheBench(CacheBench.Counting(outcome: new EngineOutcome { FinishReason = finishReason }));
        await bench.AskAsync("why");

        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
    }

    [Fact]
    public async Task Answer_of_something_in_the_engines_place_is_not_kept()
    {
        await using var bench = new CacheBench(Failing(), fallbacks: Sorry);
        await bench.AskAsync("why");

        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
        bench.Engine.Calls.ShouldBe(2);
    }

    [Theory]
    [InlineData(false, CacheOutcome.Miss)]
    [InlineData(true, CacheOutcome.Hit)]
    public async Task Answer_that_took_tools_is_kept_only_when_told_to(bool toolUse, CacheOutcome second)
    {
        await using var bench = new CacheBench(CacheBench.Counting(outcome: new EngineOutcome { UsedTools = true }), new CachePolicy { ToolUse = toolUse });
        await bench.AskAsync("why");

        (await bench.AskAsync("why")).ShouldBe(second);
    }

    [Fact]
    public async Task Answer_that_took_tools_still_stands_in_for_an_engine_that_is_down()
    {
        var isDown = false;
        var engine = new TestKit.ScriptedEngine
        {
            Script = (call, _) =>
            {
                if (isDown)
                {
                    return new(EngineOutcome.Failed(new EngineFault(FaultKind.Unreachable, "gone")));
                }

                call.Emit("yes");
                return new(new EngineOutcome { Answer = AnswerShape.Text, UsedTools = true });
            },
        };
        await using var bench = new CacheBench(engine, fallbacks: Stale);
        await bench.AskAsync("why");
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
        isDown = true;

        var outcome = await bench.RunAsync(FakeTurn.Saying("why"));

        outcome.Fault.ShouldBeNull();
        outcome.ServedBy!.Fallback.ShouldBe("stale");
        outcome.ServedBy.Cache.ShouldBe(CacheOutcome.Stale);
    }

    [Fact]
    public async Task Answer_of_an_engine_that_was_deployed_anew_since_is_not_given()
    {
        await using var bench = new CacheBench(CacheBench.Counting()) { Revision = "one" };
        await bench.AskAsync("why");
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Hit);
        bench.Revision = null;
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Hit, "what is not known contradicts nothing");
        bench.Revision = "two";

        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Hit);
    }

    [Fact]
    public async Task Request_that_wants_a_new_answer_gets_one_and_it_is_kept()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        await bench.AskAsync("why");

        (await bench.AskAsync("why", control: NoCache)).ShouldBe(CacheOutcome.Bypass);
        var turn = FakeTurn.Saying("why");
        await bench.RunAsync(turn);

        turn.Texts[0].ShouldBe("\"answer 2\"");
    }

    [Fact]
    public async Task Nothing_is_kept_of_a_request_that_forbids_it()
    {
        await using var bench = new CacheBench(CacheBench.Counting());

        (await bench.AskAsync("why", control: NoStore)).ShouldBe(CacheOutcome.Bypass);

        bench.Cache.Count.ShouldBe(0);
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Miss);
    }

    [Fact]
    public async Task Request_that_wants_only_what_is_kept_never_reaches_the_engine()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        FakeTurn[] all =
        [
            FakeTurn.Saying("why", control: OnlyIfCached),
            FakeTurn.Saying("why", isFirst: false, control: OnlyIfCached),
            FakeTurn.Saying("why", method: "create_session", control: OnlyIfCached),
        ];
        foreach (var turn in all)
        {
            (await bench.RunAsync(turn)).Fault!.Code.ShouldBe("not_cached");
        }

        bench.Engine.Calls.ShouldBe(0);
        await bench.AskAsync("why");
        (await bench.AskAsync("why", control: OnlyIfCached)).ShouldBe(CacheOutcome.Hit);
    }

    [Fact]
    public async Task Without_a_cache_nothing_is_kept_and_a_request_for_that_is_refused()
    {
        var engine = CacheBench.Counting();
        await using var directory = new EngineDirectory([Named("default", engine)]);

        (await directory.RunAsync(FakeTurn.Saying("why", control: OnlyIfCached))).Fault!.Code.ShouldBe("not_cached");
        (await directory.RunAsync(FakeTurn.Saying("why"))).ServedBy!.Cache.ShouldBeNull();
        engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Methods_that_are_no_questions_pass_by()
    {
        await using var bench = new CacheBench(CacheBench.Counting());
        await bench.RunAsync(FakeTurn.Saying("why", method: "create_session", isStateless: true));

        (await bench.RunAsync(FakeTurn.Saying("why", method: "create_session", isStateless: true))).ServedBy!.Cache.ShouldBe(CacheOutcome.Bypass);
        bench.Engine.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task Stale_answer_is_given_at_once_while_a_new_one_is_asked_for()
    {
        await using var bench = new CacheBench(policy: new CachePolicy { StaleWhileRevalidate = TimeSpan.FromMinutes(1) });
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var call = await bench.Engine.NextCallAsync();
        call.Emit("old");
        call.Complete();
        await first;
        bench.Time.Advance(TimeSpan.FromSeconds(90));
        var turn = FakeTurn.Saying("why");

        var outcome = await bench.RunAsync(turn);

        outcome.ServedBy!.Cache.ShouldBe(CacheOutcome.Stale);
        outcome.ServedBy.Age.ShouldBe(TimeSpan.FromSeconds(90));
        turn.Texts.ShouldBe(["\"old\""]);
        var again = await bench.Engine.NextCallAsync();
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Stale);
        bench.Engine.TryNextCall(out _).ShouldBeFalse("one asks for all");
        again.Emit("new");
        again.Complete();
        CacheOutcome? then;
        while ((then = await bench.AskAsync("why")) == CacheOutcome.Stale)
        {
            await Task.Yield();
        }

        then.ShouldBe(CacheOutcome.Hit);
        turn.Texts.ShouldBe(["\"old\""], "the turn that made the call has its answer");
    }

    [Fact]
    public async Task What_is_asked_for_anew_is_given_up_with_the_engine()
    {
        var bench = new CacheBench(policy: new CachePolicy { StaleWhileRevalidate = TimeSpan.FromMinutes(1) });
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var call = await bench.Engine.NextCallAsync();
        call.Emit("old");
        call.Complete();
        await first;
        bench.Time.Advance(TimeSpan.FromSeconds(90));
        await bench.AskAsync("why");
        var again = await bench.Engine.NextCallAsync();

        await bench.DisposeAsync();

        again.Cancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task Turn_that_only_a_fallback_could_answer_is_still_not_kept_nor_asked_where_that_is_forbidden()
    {
        await using var bench = new CacheBench(CacheBench.Counting(), policy: null, new FallbackChoice(FallbackKind.Stale));
        (await bench.AskAsync("why", isFirst: false, control: NoStore)).ShouldBe(CacheOutcome.Bypass);
        bench.Cache.Count.ShouldBe(0);

        (await bench.RunAsync(FakeTurn.Saying("why", isFirst: false, control: OnlyIfCached))).Fault!.Kind.ShouldBe(FaultKind.NotCached);
        bench.Engine.Calls.ShouldBe(1);

        await bench.AskAsync("why", isFirst: false);
        bench.Cache.Count.ShouldBe(1, "it stands in when the engine cannot be asked");
    }

    [Fact]
    public async Task Turn_that_never_asks_the_engine_does_not_ask_it_either_when_another_process_goes_on_with_it()
    {
        var engine = RememberingEngine.Undecided();
        await using var directory = new EngineDirectory(
            [new NamedEngine("default", engine)], new AnswerCache(new CachePolicy { Ttl = TimeSpan.FromMinutes(1) }, TimeProvider.System));

        var outcome = await directory.ResumeAsync(new FakeInterruptedTurn(FakeTurn.Saying("why", control: OnlyIfCached)), CancellationToken.None);

        outcome.Fault!.Kind.ShouldBe(FaultKind.NotCached);
        (engine.Asked, engine.Runs).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Only_so_many_old_answers_are_asked_for_anew_at_once()
    {
        const int AtOnce = 16;
        await using var bench = new CacheBench(policy: new CachePolicy { StaleWhileRevalidate = TimeSpan.FromHours(1) });
        var questions = Enumerable.Range(0, AtOnce + 1).Select(i => $"why {i}").ToList();
        foreach (var question in questions)
        {
            var asking = bench.AskAsync(question);
            await AnswerAsync(await bench.Engine.NextCallAsync());
            await asking;
        }

        bench.Time.Advance(TimeSpan.FromMinutes(2));
        foreach (var question in questions)
        {
            (await bench.AskAsync(question)).ShouldBe(CacheOutcome.Stale);
        }

        var anew = new List<ScriptedCall>();
        for (var i = 0; i < AtOnce; i++)
        {
            anew.Add(await bench.Engine.NextCallAsync());
        }

        bench.Engine.Calls.ShouldBe(questions.Count + AtOnce, "the last stays old for a while longer");
        bench.Engine.TryNextCall(out _).ShouldBeFalse();
        foreach (var call in anew)
        {
            await AnswerAsync(call);
        }

        static Task AnswerAsync(ScriptedCall call)
        {
            call.Emit("because");
            call.Complete();
            return call.Outcome;
        }
    }
}
