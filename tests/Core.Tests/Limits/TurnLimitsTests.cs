using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Limits;

public sealed class TurnLimitsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Caller Tester = new(TenantId.Local, "tester");

    private readonly ManualTime _time = new();
    private readonly RecordingObserver _observer = new();
    private readonly Pulse _pulse;
    private ScriptedEngine _engine = new();
    private EmbeddedSessionHost? _host;
    private CallerLimits? _limits;

    public TurnLimitsTests() => _pulse = new Pulse(_time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _host!.DisposeAsync();
        await _limits!.DisposeAsync();
        _pulse.Dispose();
    }

    [Fact]
    public async Task One_turn_more_than_may_run_is_refused_and_the_next_begins_when_one_has_ended()
    {
        Start(new LimitSettings { UserTurns = 2 });
        await using var first = await BeginAsync("a");
        await using var second = await BeginAsync("b");
        var call = await _engine.NextCallAsync();

        var refused = await StartAsync("c");
        refused.Refusal.ShouldBe(Refusal.TooManyTurns);
        refused.Shortage!.Quota.Name.ShouldBe("turns-user");
        _observer.Refusals.ShouldBe([Refusal.TooManyTurns]);

        call.Complete();
        await first.ReadAsync();
        await using var third = await BeginAsync("c");
        await EndAllAsync();
    }

    [Fact]
    public async Task A_turn_that_waits_in_its_session_has_a_place_too()
    {
        Start(new LimitSettings { UserTurns = 2 });
        await using var first = await BeginAsync("a");
        await using var second = await BeginAsync("a");

        (await StartAsync("b")).Refusal.ShouldBe(Refusal.TooManyTurns);
        await EndAllAsync();
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("failed")]
    [InlineData("defect")]
    [InlineData("cancelled")]
    [InlineData("interrupted")]
    [InlineData("abandoned")]
    [InlineData("forgotten")]
    public async Task Its_place_is_given_back_once_however_a_turn_ends(string how)
    {
        Start(new LimitSettings { UserTurns = 3 });
        for (var again = 0; again < 5; again++)
        {
            var admission = await StartAsync("a", grace: TimeSpan.Zero);
            admission.Refusal.ShouldBe(Refusal.None);
            var reader = admission.Reader!;
            var call = await _engine.NextCallAsync();
            PlacesLeft().ShouldBe(2);
            await EndAsync(how, reader, call);
            await reader.ReadAsync();
            await reader.DisposeAsync();
        }

        PlacesLeft().ShouldBe(3);
    }

    [Fact]
    public async Task Turns_cancelled_while_they_wait_take_no_place_and_no_tokens()
    {
        Start(new LimitSettings { UserTurns = 3, TenantTokens = 100_000, AnswerTokens = 100 });
        await using var first = await BeginAsync("a");
        await using var second = await BeginAsync("a");
        await _host!.CancelAsync(TenantId.Local, second.Turn, None);
        await second.ReadAsync();

        PlacesLeft().ShouldBe(2);
        (await _engine.NextCallAsync()).Complete();
        await first.ReadAsync();
        PlacesLeft().ShouldBe(3);
    }

    [Fact]
    public async Task Attaching_to_a_turn_takes_neither_place_nor_tokens_also_when_none_are_left()
    {
        Start(new LimitSettings { UserTurns = 1, TenantTokens = 110, AnswerTokens = 100 });
        await using var first = (await StartAsync("a", key: "k")).Reader!;
        var tokens = TokensLeft();

        for (var again = 0; again < 10; again++)
        {
            var attached = await StartAsync("a", key: "k");
            attached.Attached.ShouldBeTrue();
            await attached.Reader!.DisposeAsync();
        }

        TokensLeft().ShouldBe(tokens);
        (await _engine.NextCallAsync()).Complete();
        await first.ReadAsync();
        PlacesLeft().ShouldBe(1);

        var replayed = await StartAsync("a", key: "k");
        replayed.Attached.ShouldBeTrue();
        await replayed.Reader!.DisposeAsync();
        PlacesLeft().ShouldBe(1);
    }

    [Fact]
    public async Task What_a_turn_took_is_what_the_engine_says_it_took()
    {
        Start(new LimitSettings { TenantTokens = 10_000, UserTokensPerMinute = 10_000, AnswerTokens = 5000 });
        await using var reader = await BeginAsync("a");
        TokensLeft().ShouldBe(10_000 - 5000 - 2);

        await CompleteAsync(await _engine.NextCallAsync(), new TokenUsage(700, 34, 500));
        await reader.ReadAsync();

        TokensLeft().ShouldBe(10_000 - 734);
        Left("tokens-user").ShouldBe(10_000 - 734);
    }

    [Fact]
    public async Task Where_the_engine_says_nothing_it_is_estimated_and_marked()
    {
        Start(new LimitSettings { TenantTokens = 10_000, AnswerTokens = 100 });
        await using var reader = await BeginAsync("a", text: new string('q', 400));
        var call = await _engine.NextCallAsync();
        call.Emit(new string('a', 80));
        call.Complete();

        var end = (await reader.ReadAsync())[^1].End!;

        end.Usage.ShouldBe(new TokenUsage(100, 20) { IsEstimated = true });
        TokensLeft().ShouldBe(10_000 - 120);
    }

    [Fact]
    public async Task A_turn_that_never_began_takes_nothing()
    {
        Start(new LimitSettings { TenantTokens = 10_000, AnswerTokens = 100 });
        await using var reader = await BeginAsync("a");
        (await _engine.NextCallAsync()).Fail(FaultKind.Unreachable);

        (await reader.ReadAsync())[^1].End!.Usage.ShouldBeNull();

        TokensLeft().ShouldBe(10_000);
    }

    [Fact]
    public async Task A_turn_for_which_too_little_is_left_is_refused()
    {
        Start(new LimitSettings { TenantTokens = 1000, AnswerTokens = 600 });
        await using var reader = await BeginAsync("a");

        var refused = await StartAsync("b");

        refused.Refusal.ShouldBe(Refusal.BudgetExhausted);
        refused.Shortage!.RetryAfter.ShouldBe(TimeSpan.FromDays(1));
        await EndAllAsync();
    }

    [Fact]
    public async Task A_turn_that_takes_more_than_is_left_is_stopped_in_the_middle_and_its_engine_hears_of_it()
    {
        Start(new LimitSettings { TenantTokens = 200, AnswerTokens = 50 });
        await using var reader = await BeginAsync("a");
        var call = await _engine.NextCallAsync();
        var said = 0;
        while (!call.Cancelled && said < 100)
        {
            call.Emit(new string('x', 40));
            said++;
        }

        await call.CancelledAsync();
        var events = await reader.ReadAsync();

        // 2 tokens were asked with, 10 came with each event.
        said.ShouldBe(20);
        events.Count(e => e.Kind == TurnEventKind.Delta).ShouldBe(said);
        var end = events[^1].End!;
        end.State.ShouldBe(TurnState.Failed);
        end.Fault!.Code.ShouldBe("budget_exhausted");
        end.Fault.Retry.ShouldBe(RetryVerdict.Never);
        end.Usage!.Total.ShouldBe(202);
        TokensLeft().ShouldBe(0);
        (await StartAsync("b")).Refusal.ShouldBe(Refusal.BudgetExhausted);
    }

    [Fact]
    public async Task What_the_engine_reports_in_the_middle_counts_then()
    {
        Start(new LimitSettings { TenantTokens = 200, AnswerTokens = 50 });
        await using var reader = await BeginAsync("a");
        var call = await _engine.NextCallAsync();

        call.Turn.Report(new TokenUsage(150, 49));
        call.Emit("still");
        call.Cancelled.ShouldBeFalse();
        call.Turn.Report(new TokenUsage(150, 51));
        call.Emit("gone");

        await call.CancelledAsync();
        (await reader.ReadAsync())[^1].End!.Fault!.Kind.ShouldBe(FaultKind.BudgetExhausted);
    }

    [Fact]
    public async Task A_session_has_a_budget_of_its_own()
    {
        Start(new LimitSettings { SessionTokens = 1000, AnswerTokens = 100 });
        for (var again = 0; again < 2; again++)
        {
            await using var reader = await BeginAsync("a");
            await CompleteAsync(await _engine.NextCallAsync(), new TokenUsage(400, 50));
            await reader.ReadAsync();
        }

        var refused = await StartAsync("a");
        refused.Refusal.ShouldBe(Refusal.BudgetExhausted);
        refused.Shortage!.RetryAfter.ShouldBeNull();
        await using var other = await BeginAsync("b");
        await EndAllAsync();
    }

    [Fact]
    public async Task Two_hundred_turns_at_once_never_take_more_than_the_budget_and_an_event_each()
    {
        const int Budget = 10_000;
        const int EventTokens = 10;
        _engine = new ScriptedEngine
        {
            // Twice what is expected of an answer.
            Script = async (call, cancellationToken) =>
            {
                for (var i = 0; i < 40; i++)
                {
                    call.Emit(new string('x', EventTokens * 4));
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                }

                return new EngineOutcome { Answer = AnswerShape.Text };
            },
        };
        Start(new LimitSettings { TenantTokens = Budget, AnswerTokens = 200 });

        var ends = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            if (await StartAsync($"s{i}") is not { Reader: { } reader } refused)
            {
                return null;
            }

            await using (reader)
            {
                return (await reader.ReadAsync())[^1].End;
            }
        })));

        var ran = ends.Where(end => end is not null).ToList();
        var spent = ran.Sum(end => end!.Usage!.Total);
        spent.ShouldBeInRange(Budget - 500, Budget + (ran.Count * EventTokens));
        ran.ShouldContain(end => end!.Fault != null && end.Fault.Kind == FaultKind.BudgetExhausted);
        ends.ShouldContain((TurnEnd?)null);
    }

    [Fact]
    public async Task A_budget_comes_back_with_its_period_and_what_was_reserved_before_is_not_given_to_it()
    {
        Start(new LimitSettings { TenantTokens = 1000, AnswerTokens = 600, BudgetPeriod = TimeSpan.FromHours(1) });
        await using var before = await BeginAsync("a");
        _time.Advance(TimeSpan.FromHours(1));
        await using var after = await BeginAsync("b");
        TokensLeft().ShouldBe(1000 - 602);

        await CompleteAsync(await _engine.NextCallAsync(), new TokenUsage(1, 1));
        await before.ReadAsync();

        TokensLeft().ShouldBe(1000 - 602);
        await EndAllAsync();
    }

    [Fact]
    public async Task Tokens_of_a_minute_that_are_spent_refuse_the_next_turn_until_they_are_back()
    {
        Start(new LimitSettings { UserTokensPerMinute = 600, AnswerTokens = 100 });
        await using var reader = await BeginAsync("a");
        var call = await _engine.NextCallAsync();
        await CompleteAsync(call, new TokenUsage(1000, 200));
        await reader.ReadAsync();

        var refused = await StartAsync("b");
        refused.Refusal.ShouldBe(Refusal.RateLimited);
        refused.Shortage!.RetryAfter!.Value.TotalSeconds.ShouldBe(70.2, 0.1);
        _time.Advance(TimeSpan.FromSeconds(70.3));
        await using var next = await BeginAsync("b");
        await EndAllAsync();
    }

    private static ValueTask CompleteAsync(ScriptedCall call, TokenUsage usage)
    {
        call.Complete(new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP", Usage = usage });
        return ValueTask.CompletedTask;
    }

    private async Task EndAsync(string how, ITurnReader reader, ScriptedCall call)
    {
        switch (how)
        {
            case "completed":
                call.Complete();
                break;
            case "failed":
                call.Fail(FaultKind.CutStream);
                break;
            case "defect":
                call.Throw(new InvalidOperationException("a defect"));
                break;
            case "cancelled":
                await _host!.CancelAsync(TenantId.Local, reader.Turn, None);
                await _host.CancelAsync(TenantId.Local, reader.Turn, None);
                break;
            case "interrupted":
                var next = await StartAsync("a", onBusy: BusyPolicy.Interrupt);
                (await _engine.NextCallAsync()).Complete();
                await next.Reader!.ReadAsync();
                await next.Reader!.DisposeAsync();
                break;
            case "abandoned":
                await reader.DisposeAsync();
                _time.Advance(TimeSpan.FromSeconds(1));
                await call.CancelledAsync();
                break;
            case "forgotten":
                await _host!.ForgetAsync(Key("a"), None);
                break;
        }
    }

    private async Task EndAllAsync()
    {
        while (_host!.LiveTurns > 0)
        {
            if (_engine.TryNextCall(out var call))
            {
                call!.Complete();
            }

            await Task.Yield();
        }
    }

    private long PlacesLeft() => Left("turns-user");

    private long TokensLeft() => Left("budget-tenant");

    private long Left(string policy) => _limits!.StandingsOf(Tester).Single(standing => standing.Quota.Name == policy).Left;

    private async Task<ITurnReader> BeginAsync(string session, string text = "hello")
    {
        var admission = await StartAsync(session, text: text);
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader!;
    }

    private ValueTask<Admission> StartAsync(
        string session, string text = "hello", string? key = null, TimeSpan? grace = null, BusyPolicy onBusy = BusyPolicy.Queue) =>
        _host!.StartAsync(Request(text, session, key: key, grace: grace, onBusy: onBusy), ReadInterest.EveryEvent, None);

    private void Start(LimitSettings settings)
    {
        _limits = new CallerLimits(settings, _pulse, leases: null, _observer.Defect);
        _host = new EmbeddedSessionHost(_engine, new SessionLimits(), _pulse, _observer, _limits);
    }
}
