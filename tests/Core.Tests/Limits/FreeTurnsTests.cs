using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Engines.Fallbacks;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Limits;

/// <summary>Turns for which no engine says anything: they take nothing of a budget, and no budget ends them.</summary>
public sealed class FreeTurnsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly CacheControl OnlyIfCached = new() { OnlyIfCached = true };
    private static readonly string LongAnswer = new('x', 4000);

    private readonly ManualTime _time = new();
    private readonly ScriptedEngine _engine = new();
    private readonly Pulse _pulse;
    private EngineDirectory? _directory;
    private EmbeddedSessionHost? _host;
    private CallerLimits? _limits;

    public FreeTurnsTests() => _pulse = new Pulse(_time);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _host!.DisposeAsync();
        await _limits!.DisposeAsync();
        await _directory!.DisposeAsync();
        _pulse.Dispose();
    }

    [Fact]
    public async Task Answer_that_is_kept_takes_nothing_and_is_told_whole_whatever_is_left()
    {
        Start(new LimitSettings { TenantTokens = 2000, AnswerTokens = 50 });
        await using var asked = await BeginAsync("a");
        await AnswerAsync(LongAnswer, tokens: 1900);
        (await EndOfAsync(asked)).State.ShouldBe(TurnState.Completed);
        TokensLeft().ShouldBe(100);

        await using var told = await BeginAsync("b");
        var end = await EndOfAsync(told);

        end.State.ShouldBe(TurnState.Completed);
        end.ServedBy!.Cache.ShouldBe(CacheOutcome.Hit);
        end.Usage.ShouldBe(TokenUsage.None);
        TokensLeft().ShouldBe(100);
    }

    [Theory]
    [InlineData(Delivery.Streamed)]
    [InlineData(Delivery.Whole)]
    public async Task Turn_that_joined_anothers_call_takes_nothing_and_is_not_ended_by_its_budget(Delivery delivery)
    {
        Start(new LimitSettings { SessionTokens = 100, AnswerTokens = 50 });
        await using var asked = await BeginAsync("a", delivery);
        await using var joined = await BeginAsync("b", delivery);
        var call = await _engine.NextCallAsync();
        call.Emit(new string('x', 300));
        call.Emit("and");
        call.Complete(new TokenUsage(80, 10));

        var end = await EndOfAsync(joined);
        end.State.ShouldBe(TurnState.Completed);
        end.Usage.ShouldBe(TokenUsage.None);
        (await EndOfAsync(asked)).Usage.ShouldBe(new TokenUsage(80, 10));
        _engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Call_whose_turn_is_stopped_goes_on_at_the_expense_of_the_first_that_stayed()
    {
        Start(new LimitSettings { SessionTokens = 200, AnswerTokens = 50 });
        await using var first = await BeginAsync("a");
        await using var second = await BeginAsync("b");
        await using var third = await BeginAsync("c");
        var call = await _engine.NextCallAsync();

        // Each event is 10 tokens; asking was 2.
        Say(call, 20);
        (await EndOfAsync(first)).Fault!.Kind.ShouldBe(FaultKind.BudgetExhausted);
        call.Cancelled.ShouldBeFalse();
        Say(call, 20);
        (await EndOfAsync(second)).Fault!.Kind.ShouldBe(FaultKind.BudgetExhausted);
        call.Cancelled.ShouldBeFalse();
        call.Complete(new TokenUsage(2, 150));

        var end = await EndOfAsync(third);
        end.State.ShouldBe(TurnState.Completed);
        end.Usage.ShouldBe(new TokenUsage(2, 150));
    }

    [Fact]
    public async Task Turn_that_leaves_a_call_it_had_joined_takes_nothing()
    {
        Start(new LimitSettings { TenantTokens = 1000, AnswerTokens = 50 });
        await using var asked = await BeginAsync("a");
        await using var joined = await BeginAsync("b");
        var call = await _engine.NextCallAsync();
        Say(call, 1);

        await _host!.CancelAsync(TenantId.Local, joined.Turn, None);

        (await EndOfAsync(joined)).Usage.ShouldBeNull();
        call.Complete(new TokenUsage(2, 10));
        await EndOfAsync(asked);
        TokensLeft().ShouldBe(1000 - 12);
    }

    [Fact]
    public async Task Turn_that_had_joined_and_then_has_to_ask_is_counted_like_any()
    {
        Start(new LimitSettings { SessionTokens = 100, AnswerTokens = 50 });
        await using var asked = await BeginAsync("a");
        await using var joined = await BeginAsync("b");
        (await _engine.NextCallAsync()).Fail(FaultKind.Unavailable);
        var own = await _engine.NextCallAsync();

        Say(own, 20);

        await own.CancelledAsync();
        (await EndOfAsync(joined)).Fault!.Kind.ShouldBe(FaultKind.BudgetExhausted);
        await EndOfAsync(asked);
    }

    [Fact]
    public async Task Fixed_text_that_stands_in_takes_nothing()
    {
        Start(new LimitSettings { SessionTokens = 100, AnswerTokens = 50 }, new FallbackChoice(FallbackKind.Text, LongAnswer));
        await using var turn = await BeginAsync("a");
        (await _engine.NextCallAsync()).Fail(FaultKind.Unreachable);

        var end = await EndOfAsync(turn);

        end.State.ShouldBe(TurnState.Completed);
        end.Usage.ShouldBeNull();
    }

    [Fact]
    public async Task Budget_that_is_spent_refuses_also_what_is_kept_unless_the_engine_is_not_to_be_asked()
    {
        Start(new LimitSettings { TenantTokens = 100, AnswerTokens = 50, UserTokensPerMinute = 100 });
        await using var asked = await BeginAsync("a");
        await AnswerAsync("kept", tokens: 100);
        await EndOfAsync(asked);

        (await StartAsync("b")).Refusal.ShouldBe(Refusal.RateLimited);
        await using var kept = await BeginAsync("b", control: OnlyIfCached);
        await using var unknown = await BeginAsync("c", control: OnlyIfCached, text: "something else");

        (await EndOfAsync(kept)).ServedBy!.Cache.ShouldBe(CacheOutcome.Hit);
        var end = await EndOfAsync(unknown);
        end.Fault!.Kind.ShouldBe(FaultKind.NotCached);
        end.Usage.ShouldBeNull();
        TokensLeft().ShouldBe(0);
    }

    [Fact]
    public async Task One_that_asks_only_for_what_is_kept_has_a_place_among_the_turns_all_the_same()
    {
        Start(new LimitSettings { UserTurns = 1 });
        await using var asked = await BeginAsync("a");

        (await StartAsync("b", control: OnlyIfCached)).Refusal.ShouldBe(Refusal.TooManyTurns);
        await AnswerAsync("x", tokens: 1);
        await EndOfAsync(asked);
    }

    private static void Say(ScriptedCall call, int events)
    {
        for (var i = 0; i < events; i++)
        {
            call.Emit(new string('x', 40));
        }
    }

    private static async Task<TurnEnd> EndOfAsync(ITurnReader reader) => (await reader.ReadAsync())[^1].End!;

    private async Task AnswerAsync(string text, long tokens)
    {
        var call = await _engine.NextCallAsync();
        call.Emit(text);
        call.Complete(new TokenUsage(0, tokens));
    }

    private long TokensLeft() => _limits!.StandingsOf(Caller.Local).Single(standing => standing.Quota.Name == "budget-tenant").Left;

    private async Task<ITurnReader> BeginAsync(string session, Delivery delivery = Delivery.Streamed, CacheControl control = default, string text = "hello")
    {
        var admission = await StartAsync(session, delivery, control, text);
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader!;
    }

    private ValueTask<Admission> StartAsync(string session, Delivery delivery = Delivery.Streamed, CacheControl control = default, string text = "hello") =>
        _host!.StartAsync(
            new TurnRequest
            {
                Caller = Caller.Local,
                Session = SessionId.Parse(session),
                Input = TurnInput.OfText(System.Text.Encoding.UTF8.GetBytes($"\"{text}\"")),
                Delivery = delivery,
                CacheControl = control,
            },
            ReadInterest.EveryEvent,
            None);

    private void Start(LimitSettings settings, params FallbackChoice[] fallbacks)
    {
        var observer = new RecordingObserver();
        var cache = new AnswerCache(new CachePolicy { Ttl = TimeSpan.FromMinutes(1) }, _time);
        _directory = new EngineDirectory([new NamedEngine("default", _engine) { Fallbacks = fallbacks }], cache);
        _limits = new CallerLimits(settings, _pulse, leases: null, observer.Defect);
        _host = new EmbeddedSessionHost(_directory, new SessionLimits(), _pulse, observer, _limits);
    }
}
