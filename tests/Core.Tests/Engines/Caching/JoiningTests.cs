using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Turns;

namespace Sluice.Core.Tests.Engines.Caching;

public sealed class JoiningTests
{
    [Theory]
    [InlineData(Delivery.Whole)]
    [InlineData(Delivery.Streamed)]
    public async Task Identical_questions_under_way_are_one_call_to_the_engine(Delivery delivery)
    {
        await using var bench = new CacheBench();
        var turns = Enumerable.Range(0, 200).Select(_ => FakeTurn.Saying("why", delivery: delivery)).ToArray();
        var running = Array.ConvertAll(turns, turn => bench.RunAsync(turn));
        var call = await bench.Engine.NextCallAsync();
        call.Emit("a");
        call.Emit("b");
        call.Complete();

        var outcomes = await Task.WhenAll(running);

        bench.Engine.Calls.ShouldBe(1);
        outcomes.ShouldAllBe(outcome => outcome.Fault == null && outcome.FinishReason == "STOP");
        outcomes.Count(outcome => outcome.ServedBy!.Cache == CacheOutcome.Miss).ShouldBe(1);
        outcomes.Count(outcome => outcome.ServedBy!.Cache == CacheOutcome.Joined).ShouldBe(199);
        turns.ShouldAllBe(turn => string.Concat(turn.Texts) == "\"a\"\"b\"");
    }

    [Fact]
    public async Task What_was_spent_is_told_of_one_of_them()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var second = bench.RunAsync(FakeTurn.Saying("why"));
        await CompleteAsync(bench, new TokenUsage(3, 5));

        (await first).Usage.ShouldBe(new TokenUsage(3, 5));
        (await second).Usage.ShouldBe(TokenUsage.None);
    }

    [Fact]
    public async Task Streamed_turn_that_joins_gets_what_was_said_and_then_what_comes()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var call = await bench.Engine.NextCallAsync();
        call.Emit("a");
        var turn = FakeTurn.Saying("why");
        var second = bench.RunAsync(turn);
        turn.Texts.ShouldBe(["\"a\""]);
        turn.Published.ShouldBe(1);

        call.Emit("b");

        turn.Texts.ShouldBe(["\"a\"", "\"b\""]);
        turn.Published.ShouldBe(2);
        call.Complete();
        await Task.WhenAll(first, second);
        turn.Texts.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Turn_that_joined_one_that_fails_makes_its_own_attempt()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var turn = FakeTurn.Saying("why");
        var second = bench.RunAsync(turn);
        (await bench.Engine.NextCallAsync()).Fail(FaultKind.Unavailable);
        (await first).Fault.ShouldNotBeNull();

        var own = await bench.Engine.NextCallAsync();
        own.Emit("mine");
        own.Complete();

        (await second).ServedBy!.Cache.ShouldBe(CacheOutcome.Miss);
        turn.Texts.ShouldBe(["\"mine\""]);
    }

    [Fact]
    public async Task Turn_that_waits_for_the_whole_answer_makes_its_own_attempt_even_when_some_of_it_had_come()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why", delivery: Delivery.Whole));
        var turn = FakeTurn.Saying("why", delivery: Delivery.Whole);
        var second = bench.RunAsync(turn);
        var call = await bench.Engine.NextCallAsync();
        call.Emit("half");
        call.Fail(FaultKind.CutStream);
        await first;

        var own = await bench.Engine.NextCallAsync();
        own.Emit("whole");
        own.Complete();

        (await second).Fault.ShouldBeNull();
        turn.Texts.ShouldBe(["\"whole\""]);
    }

    [Fact]
    public async Task Streamed_turn_that_was_shown_half_an_answer_shares_its_fate()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var second = bench.RunAsync(FakeTurn.Saying("why"));
        var call = await bench.Engine.NextCallAsync();
        call.Emit("half");
        call.Fail(FaultKind.CutStream);

        (await first).Fault!.Kind.ShouldBe(FaultKind.CutStream);
        (await second).Fault!.Kind.ShouldBe(FaultKind.CutStream);
        bench.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Call_goes_on_for_the_others_when_the_turn_it_was_made_for_is_cancelled()
    {
        await using var bench = new CacheBench();
        using var cancel = new CancellationTokenSource();
        var left = FakeTurn.Saying("why");
        var first = bench.RunAsync(left, cancel.Token);
        var turn = FakeTurn.Saying("why");
        var second = bench.RunAsync(turn);
        var call = await bench.Engine.NextCallAsync();
        call.Emit("a");

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        call.Cancelled.ShouldBeFalse();
        call.Emit("b");
        call.Complete();

        (await second).ServedBy!.Cache.ShouldBe(CacheOutcome.Joined);
        turn.Texts.ShouldBe(["\"a\"", "\"b\""]);
        left.Texts.ShouldBe(["\"a\""], "a turn that has ended is given nothing");
    }

    [Fact]
    public async Task Call_goes_on_when_one_that_joined_is_cancelled_and_ends_with_the_last()
    {
        await using var bench = new CacheBench();
        using var cancelFirst = new CancellationTokenSource();
        using var cancelSecond = new CancellationTokenSource();
        var first = bench.RunAsync(FakeTurn.Saying("why"), cancelFirst.Token);
        var second = bench.RunAsync(FakeTurn.Saying("why", delivery: Delivery.Streamed), cancelSecond.Token);
        var call = await bench.Engine.NextCallAsync();

        await cancelSecond.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        call.Cancelled.ShouldBeFalse();

        await cancelFirst.CancelAsync();
        await call.CancelledAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
    }

    [Fact]
    public async Task Who_comes_after_all_have_left_makes_a_call_of_its_own()
    {
        await using var bench = new CacheBench();
        using var cancel = new CancellationTokenSource();
        var first = bench.RunAsync(FakeTurn.Saying("why"), cancel.Token);
        await bench.Engine.NextCallAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);

        var second = bench.RunAsync(FakeTurn.Saying("why"));
        await CompleteAsync(bench, usage: null);

        (await second).ServedBy!.Cache.ShouldBe(CacheOutcome.Miss);
    }

    [Fact]
    public async Task What_is_spent_for_those_that_stayed_is_told_of_the_first_of_them()
    {
        await using var bench = new CacheBench();
        using var cancel = new CancellationTokenSource();
        var first = bench.RunAsync(FakeTurn.Saying("why"), cancel.Token);
        var second = bench.RunAsync(FakeTurn.Saying("why"));
        var third = bench.RunAsync(FakeTurn.Saying("why"));
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);

        await CompleteAsync(bench, new TokenUsage(3, 5));

        (await second).Usage.ShouldBe(new TokenUsage(3, 5));
        (await third).Usage.ShouldBe(TokenUsage.None);
    }

    [Fact]
    public async Task Tenants_users_and_those_who_want_a_new_answer_or_forbid_to_keep_it_join_nobody()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        FakeTurn[] others =
        [
            FakeTurn.Saying("why", tenant: "other"),
            FakeTurn.Saying("why", user: "bob"),
            FakeTurn.Saying("why", control: new CacheControl { NoCache = true }),
            FakeTurn.Saying("why", control: new CacheControl { NoStore = true }),
            FakeTurn.Saying("why", isFirst: false),
        ];
        var running = Array.ConvertAll(others, turn => bench.RunAsync(turn));

        bench.Engine.Calls.ShouldBe(1 + others.Length);
        for (var i = 0; i <= others.Length; i++)
        {
            await CompleteAsync(bench, usage: null);
        }

        await Task.WhenAll([first, .. running]);
    }

    [Fact]
    public async Task Nobody_joins_one_that_forbids_to_keep_its_answer()
    {
        await using var bench = new CacheBench();
        var alone = bench.RunAsync(FakeTurn.Saying("why", control: new CacheControl { NoStore = true }));
        var other = bench.RunAsync(FakeTurn.Saying("why"));

        bench.Engine.Calls.ShouldBe(2);
        await CompleteAsync(bench, usage: null);
        await CompleteAsync(bench, usage: null);
        await Task.WhenAll(alone, other);
    }

    [Fact]
    public async Task Turn_whose_session_may_go_on_leaves_when_the_engine_turns_out_to_keep_sessions()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var goesOn = bench.RunAsync(FakeTurn.Saying("why"));
        var alone = bench.RunAsync(FakeTurn.Saying("why", isStateless: true));
        var call = await bench.Engine.NextCallAsync();

        call.Turn.BindEngineSession(new EngineSession("default", "here", "1"));
        var own = await bench.Engine.NextCallAsync();
        call.Emit("theirs");
        call.Complete();
        own.Emit("mine");
        own.Complete();

        (await goesOn).ServedBy!.Cache.ShouldBe(CacheOutcome.Miss);
        (await alone).ServedBy!.Cache.ShouldBe(CacheOutcome.Joined);
        await first;
    }

    [Fact]
    public async Task Engines_session_is_let_go_of_by_a_turn_that_leaves_it_to_others()
    {
        await using var bench = new CacheBench();
        using var cancel = new CancellationTokenSource();
        var left = FakeTurn.Saying("why", isStateless: true);
        var first = bench.RunAsync(left, cancel.Token);
        var second = bench.RunAsync(FakeTurn.Saying("why", isStateless: true));
        var call = await bench.Engine.NextCallAsync();
        call.Turn.BindEngineSession(new EngineSession("default", "here", "1"));
        left.EngineSessionAt("default").ShouldNotBeNull();

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);

        left.EngineSessionAt("default").ShouldBeNull("its session's next turn must not be in there together with this call");
        call.Turn.EngineSessionAt("default").ShouldNotBeNull();
        call.Emit("a");
        call.Complete();
        await second;
    }

    [Fact]
    public async Task Answer_too_large_to_be_shared_is_left_to_each_to_ask_for()
    {
        await using var bench = new CacheBench(policy: new CachePolicy { AnswerBytes = 40 });
        var first = bench.RunAsync(FakeTurn.Saying("why", delivery: Delivery.Whole));
        var second = bench.RunAsync(FakeTurn.Saying("why", delivery: Delivery.Whole));
        var call = await bench.Engine.NextCallAsync();
        call.Emit(new string('x', 50));

        var own = await bench.Engine.NextCallAsync();
        call.Complete();
        own.Emit("short");
        own.Complete();

        (await first).Fault.ShouldBeNull();
        (await second).ServedBy!.Cache.ShouldBe(CacheOutcome.Miss);
    }

    [Fact]
    public async Task Defect_in_one_turn_is_not_that_of_those_who_joined_it()
    {
        await using var bench = new CacheBench();
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        var second = bench.RunAsync(FakeTurn.Saying("why"));
        (await bench.Engine.NextCallAsync()).Throw(new InvalidOperationException("a defect"));
        await Should.ThrowAsync<InvalidOperationException>(first);

        await CompleteAsync(bench, usage: null);

        (await second).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task What_the_engine_reports_meanwhile_reaches_the_one_who_pays()
    {
        await using var bench = new CacheBench();
        using var cancel = new CancellationTokenSource();
        FakeTurn[] turns = [FakeTurn.Saying("why"), FakeTurn.Saying("why"), FakeTurn.Saying("why")];
        var first = bench.RunAsync(turns[0], cancel.Token);
        var others = Array.ConvertAll(turns[1..], turn => bench.RunAsync(turn));
        var call = await bench.Engine.NextCallAsync();
        call.Turn.Report(new TokenUsage(3, 5));
        turns.Select(turn => turn.Reported).ShouldBe([new TokenUsage(3, 5), null, null]);
        turns.Select(turn => turn.IsFree).ShouldBe([false, true, true]);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        call.Turn.Report(new TokenUsage(3, 9));

        turns.Select(turn => turn.Reported).ShouldBe([new TokenUsage(3, 5), new TokenUsage(3, 9), null]);
        turns[1..].Select(turn => turn.IsFree).ShouldBe([false, true]);
        call.Emit("x");
        call.Complete();
        await Task.WhenAll(others);
    }

    [Fact]
    public async Task Who_joins_a_call_that_was_made_behind_the_callers_backs_pays_nothing()
    {
        await using var bench = new CacheBench(policy: new CachePolicy { StaleWhileRevalidate = TimeSpan.FromMinutes(5) });
        var first = bench.RunAsync(FakeTurn.Saying("why"));
        await CompleteAsync(bench, usage: null);
        await first;
        bench.Time.Advance(TimeSpan.FromMinutes(2));
        (await bench.AskAsync("why")).ShouldBe(CacheOutcome.Stale);
        var call = await bench.Engine.NextCallAsync();
        var turn = FakeTurn.Saying("why", control: new CacheControl { MaxAge = TimeSpan.FromSeconds(1) });
        var joined = bench.RunAsync(turn);

        call.Turn.Report(new TokenUsage(3, 5));
        call.Emit("new");
        call.Complete(new TokenUsage(3, 5));

        (await joined).ServedBy!.Cache.ShouldBe(CacheOutcome.Joined);
        (await joined).Usage.ShouldBe(TokenUsage.None);
        turn.Reported.ShouldBeNull();
        turn.IsFree.ShouldBeTrue();
    }

    private static async Task CompleteAsync(CacheBench bench, TokenUsage? usage)
    {
        var call = await bench.Engine.NextCallAsync();
        call.Emit("x");
        call.Complete(usage);
    }
}
