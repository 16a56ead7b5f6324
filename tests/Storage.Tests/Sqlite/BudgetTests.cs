using Sluice.Core.Callers;
using Sluice.Core.Limits;
using Sluice.Core.Time;
using Sluice.Storage.Sqlite;
using Sluice.TestKit;

namespace Sluice.Storage.Tests.Sqlite;

/// <summary>Budgets of a node that is alone, in its file.</summary>
public sealed class BudgetTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly Partition Acme = new("acme", "");
    private static readonly Quota Daily = new("daily", QuotaKind.Budget, 100, TimeSpan.FromDays(1), "tokens");

    private readonly ManualTime _time = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_taken_is_still_taken_after_a_restart()
    {
        await using (var store = Open())
        {
            (await AskAsync(store, 70)).Granted.ShouldBe(70);
            await GiveBackAsync(store, 10);
        }

        await using var next = Open();
        var lease = await AskAsync(next, 100);

        (lease.Granted, lease.Left).ShouldBe((40, 0));
    }

    [Fact]
    public async Task Slices_together_are_never_more_than_the_budget_and_a_refusal_tells_when_there_is_more()
    {
        await using var store = Open();
        var granted = await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ => (await AskAsync(store, 7)).Granted));
        granted.Sum().ShouldBe(Daily.Limit);

        var refused = await AskAsync(store, 1);

        refused.Granted.ShouldBe(0);
        refused.Wait.ShouldBe(Daily.WindowOf(_time.GetUtcNow()) + Daily.Window - _time.GetUtcNow());
        refused.EndsIn.ShouldBe(refused.Wait);
    }

    [Fact]
    public async Task Less_than_the_least_is_not_granted()
    {
        await using var store = Open();
        await AskAsync(store, 95);

        (await AskAsync(store, wanted: 50, least: 6)).Granted.ShouldBe(0);
        (await AskAsync(store, wanted: 50, least: 5)).Granted.ShouldBe(5);
    }

    [Fact]
    public async Task What_was_spent_beyond_a_slice_is_owed()
    {
        await using var store = Open();
        await AskAsync(store, 90);
        await GiveBackAsync(store, -8);

        (await AskAsync(store, 50)).Granted.ShouldBe(2);
    }

    [Fact]
    public async Task Budget_is_whole_again_in_the_next_period_and_what_it_was_is_forgotten()
    {
        await using var store = Open();
        await AskAsync(store, 100);
        _time.Advance(Daily.Window);
        (await AskAsync(store, 100)).Granted.ShouldBe(100);

        await store.ForgetAsync(None);
        (await AskAsync(store, 1)).Granted.ShouldBe(0, "what counts is not forgotten");
        _time.Advance(Daily.Window);
        await store.ForgetAsync(None);

        _directory.Scalar<long>("select count(*) from budgets").ShouldBe(0);
    }

    [Fact]
    public async Task Each_has_its_own_and_nothing_of_a_name_is_kept()
    {
        await using var store = Open();
        await AskAsync(store, 100);

        (await store.LeaseAsync(new LeaseRequest(Daily, new Partition("other", ""), 1, 100, 0, 0), None)).Granted.ShouldBe(100);

        _directory.Scalar<string>("select group_concat(quote(bucket)) from budgets")!.ShouldNotContain(Convert.ToHexString("acme"u8));
    }

    [Fact]
    public async Task Only_budgets_are_asked_of_the_file_and_a_node_that_stops_keeps_what_was_spent()
    {
        var settings = new LimitSettings { KeyRequestsPerMinute = 10, KeyTurns = 10, KeyTokensPerMinute = 1000, TenantTokens = 3200, AnswerTokens = 100 };
        using var pulse = new Pulse(_time);
        await using (var store = Open())
        {
            await using var limits = new CallerLimits(settings, pulse, store, static defect => throw new InvalidOperationException("A defect.", defect));
            await SpendAsync(limits, pulse);
        }

        _directory.Scalar<long>("select count(*) from budgets").ShouldBe(1);
        _directory.Scalar<long>("select taken from budgets").ShouldBe(42);
    }

    private async Task SpendAsync(CallerLimits limits, Pulse pulse)
    {
        var engine = new ScriptedEngine
        {
            Script = static (_, _) => new(new Core.Engines.EngineOutcome { Answer = Core.Engines.AnswerShape.Text, Usage = new Core.Engines.TokenUsage(40, 2) }),
        };
        await using var host = new Core.Hosts.EmbeddedSessionHost(engine, new Core.Sessions.SessionLimits(), pulse, new RecordingObserver(), limits);
        var caller = new Caller(new TenantId("acme"), "tester");
        (await limits.EnterAsync(caller, None)).ShouldBeNull();
        var admission = await host.StartAsync(Turns.Request("hello", tenant: "acme"), Core.Log.ReadInterest.EveryEvent, None);
        await using var reader = admission.Reader.ShouldNotBeNull();
        await reader.ReadAsync();
    }

    private SqliteSessionStore Open() => SqliteSessionStore.Open(new SqliteOptions { Path = _directory.File }, _time);

    private static ValueTask<Lease> AskAsync(SqliteSessionStore store, long wanted, long? least = null) =>
        store.LeaseAsync(new LeaseRequest(Daily, Acme, least ?? 1, wanted, Returned: 0, Held: 0), None);

    private static async Task GiveBackAsync(SqliteSessionStore store, long amount) =>
        await store.LeaseAsync(new LeaseRequest(Daily, Acme, Least: 0, Wanted: 0, amount, Held: 0), None);
}
