using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Limits;

/// <summary>Two nodes that count each for itself, so that it is seen which of them counts a turn.</summary>
public sealed class MovedTurnsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Caller Tester = new(TenantId.Local, "tester");
    private static readonly LimitSettings Settings = new() { UserTurns = 5, TenantTokens = 10_000, AnswerTokens = 998 };

    private readonly ManualTime _time = new();
    private readonly SharedStore _shared;
    private readonly ScriptedEngine _engine = new();
    private readonly RecordingObserver _observer = new();
    private readonly Node _first;
    private readonly Node _second;

    public MovedTurnsTests()
    {
        _shared = new SharedStore();
        (_first, _second) = (Start(), Start());
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        _observer.Defects.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_turn_that_is_handed_over_is_counted_where_it_goes_on_and_only_there()
    {
        var reader = (await _first.Host.StartAsync(Request("hello"), ReadInterest.EveryEvent, None)).Reader!;
        await _engine.NextCallAsync();
        _first.Left().ShouldBe((4, 9000));

        await _first.Host.DrainAsync(new CancellationToken(canceled: true));
        await UntilAsync(() => !_observer.TakenOverTurns.IsEmpty);
        var call = await _engine.NextCallAsync();

        _first.Left().ShouldBe((5, 10_000));
        _second.Left().ShouldBe((4, 9000));

        call.Complete(new EngineOutcome { Answer = AnswerShape.Text, Usage = new TokenUsage(10, 20) });
        await UntilAsync(() => !_observer.EndedTurns.IsEmpty);
        _second.Left().ShouldBe((5, 9970));
        _first.Left().ShouldBe((5, 10_000));
        await reader.DisposeAsync();
    }

    [Fact]
    public async Task What_another_nodes_session_refuses_for_its_callers_limits_is_refused_here()
    {
        await using var running = (await _first.Host.StartAsync(Request("hello"), ReadInterest.EveryEvent, None)).Reader!;
        await _engine.NextCallAsync();

        var admission = _second.Host.StartAsync(Request(new string('x', 40_000)), ReadInterest.EveryEvent, None).AsTask();
        await UntilAsync(() => admission.IsCompleted);

        (await admission).Refusal.ShouldBe(Refusal.BudgetExhausted);
        _first.Left().ShouldBe((4, 9000));
        _second.Left().ShouldBe((5, 10_000));
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!isSo())
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(2, patience.Token);
        }
    }

    private Node Start()
    {
        var store = _shared.Join();
        var pulse = new Pulse(_time);
        var limits = new CallerLimits(Settings, pulse, leases: null, _observer.Defect);
        var journal = new SessionJournal(store, _time, patience: TimeSpan.FromSeconds(30));
        return new Node(new StoredSessionHost(_engine, new SessionLimits(), pulse, _observer, journal, store, limits), limits, pulse);
    }

    private sealed record Node(StoredSessionHost Host, CallerLimits Limits, Pulse Pulse) : IAsyncDisposable
    {
        public (long Places, long Tokens) Left()
        {
            var standings = Limits.StandingsOf(Tester).ToDictionary(standing => standing.Quota.Name, standing => standing.Left);
            return (standings["turns-user"], standings["budget-tenant"]);
        }

        public async ValueTask DisposeAsync()
        {
            await Host.DisposeAsync();
            await Limits.DisposeAsync();
            Pulse.Dispose();
        }
    }
}
