using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;
using Sluice.Storage.Postgres;
using Sluice.Storage.Tests.Postgres;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Hosts;

/// <summary>Three hosts on one database, and one caller.</summary>
[NeedsPostgres]
public sealed class SharedLimitsTests : PostgresTest
{
    private const int Nodes = 3;
    private static readonly Caller Tester = new(TenantId.Local, "tester");

    [StoreFact]
    public async Task Requests_of_one_key_at_full_speed_on_three_nodes_are_not_more_than_its_limit()
    {
        // It fills up by some while the test runs; the time it took is counted.
        const int Limit = 6000;
        var nodes = await StartAsync(new LimitSettings { KeyRequestsPerMinute = Limit }, Idle());
        var began = TimeProvider.System.GetTimestamp();

        var through = await Task.WhenAll(nodes.SelectMany(node => Enumerable.Repeat(node, 2)).Select(node => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < Limit; i++)
            {
                count += await node.Limits.EnterAsync(Tester, None) is null ? 1 : 0;
            }

            return count;
        })));

        var refilled = TimeProvider.System.GetElapsedTime(began).TotalSeconds * Limit / 60;
        const int Slice = Limit / 32;
        through.Sum().ShouldBeInRange(Limit - (Nodes * Slice), (int)(Limit + refilled) + 1);
        await StopAsync(nodes);
    }

    [StoreFact]
    public async Task Two_hundred_turns_on_three_nodes_take_no_more_than_the_budget_and_the_stated_bound()
    {
        const int Budget = 32_000;
        const int EventTokens = 10;
        var nodes = await StartAsync(new LimitSettings { TenantTokens = Budget, AnswerTokens = 300 }, Talking(EventTokens, events: 60));

        var ends = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => RunAsync(nodes[i % Nodes], $"s{i}"))));
        var ran = ends.OfType<TurnEnd>().ToList();

        // Some may have been stopped because a busy store had not answered yet: what is left is for others.
        for (var i = 0; await RunAsync(nodes[0], $"later{i}") is { } end; i++)
        {
            ran.Add(end);
        }

        var spent = ran.Sum(end => end.Usage!.InputTokens + end.Usage.OutputTokens);
        const int Slice = Budget / 32;
        spent.ShouldBeInRange(Budget - (Nodes * Slice) - 1000, Budget + (Nodes * Slice) + (ran.Count * EventTokens));
        await StopAsync(nodes);

        // What was not spent has been given back, and what was spent beyond is owed.
        var taken = await Database.ScalarAsync<double>("select sum(taken) from quotas");
        taken.ShouldBe(spent);
    }

    [StoreFact]
    public async Task Places_are_never_more_than_may_run_on_all_nodes_together_and_all_come_back()
    {
        const int Places = 8;
        var running = 0;
        var most = 0;
        var engine = new ScriptedEngine
        {
            Script = async (_, cancellationToken) =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Delay(5, cancellationToken);
                Interlocked.Decrement(ref running);
                return new EngineOutcome { Answer = AnswerShape.Text };
            },
        };
        var nodes = await StartAsync(new LimitSettings { KeyTurns = Places }, engine);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Task.Run(async () =>
        {
            for (var again = 0; again < 5; again++)
            {
                await RunAsync(nodes[i % Nodes], $"s{i}");
            }
        })));

        most.ShouldBeInRange(2, Places);
        await StopAsync(nodes);
        (await Database.ScalarAsync<double>("select sum(taken) from quotas")).ShouldBe(0);
    }

    [StoreFact]
    public async Task A_sessions_budget_holds_on_whichever_node_its_turns_run()
    {
        var nodes = await StartAsync(new LimitSettings { SessionTokens = 1000, AnswerTokens = 100 }, Talking(eventTokens: 40, events: 10));

        (await RunAsync(nodes[0], "s"))!.State.ShouldBe(TurnState.Completed);
        (await RunAsync(nodes[1], "s"))!.State.ShouldBe(TurnState.Completed);
        (await RunAsync(nodes[2], "s"))!.Fault!.Kind.ShouldBe(FaultKind.BudgetExhausted);
        (await RunAsync(nodes[0], "s")).ShouldBeNull();
        await StopAsync(nodes);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private static ScriptedEngine Idle() => new() { Script = static (_, _) => new(new EngineOutcome { Answer = AnswerShape.Text }) };

    private static ScriptedEngine Talking(int eventTokens, int events) => new()
    {
        Script = async (call, cancellationToken) =>
        {
            for (var i = 0; i < events; i++)
            {
                call.Emit(new string('x', eventTokens * 4));
                await Task.Delay(1, cancellationToken);
            }

            return new EngineOutcome { Answer = AnswerShape.Text };
        },
    };

    private static async Task<TurnEnd?> RunAsync(Node node, string session)
    {
        if (await node.Host.StartAsync(Request("hello", session), ReadInterest.EveryEvent, None) is not { Reader: { } reader })
        {
            return null;
        }

        await using (reader)
        {
            return (await reader.ReadAsync())[^1].End;
        }
    }

    private static async Task StopAsync(Node[] nodes)
    {
        foreach (var node in nodes)
        {
            await node.Host.DisposeAsync();
            await node.Limits.DisposeAsync();
            node.Pulse.Dispose();
            node.Observer.Defects.ShouldBeEmpty();
        }
    }

    private async Task<Node[]> StartAsync(LimitSettings settings, IEngine engine)
    {
        var nodes = new Node[Nodes];
        for (var i = 0; i < Nodes; i++)
        {
            var store = await Database.OpenAsync();
            var pulse = new Pulse(TimeProvider.System);
            var observer = new RecordingObserver();
            var limits = new CallerLimits(settings, pulse, store, observer.Defect);
            var journal = new SessionJournal(store, TimeProvider.System, patience: TimeSpan.FromSeconds(30));
            nodes[i] = new Node(new StoredSessionHost(engine, new SessionLimits(), pulse, observer, journal, store, limits), limits, pulse, observer, store);
        }

        return nodes;
    }

    private sealed record Node(StoredSessionHost Host, CallerLimits Limits, Pulse Pulse, RecordingObserver Observer, PostgresSessionStore Store);
}
