using Sluice.Core.Engines;
using Sluice.TestKit;
using Sluice.Vertex.Recovery;
using static Sluice.Vertex.Tests.Recovery.History;

namespace Sluice.Vertex.Tests.Recovery;

public sealed class TurnRecoveryTests : IDisposable
{
    private static readonly TurnMemory Memory = new() { Message = "hi", Streamed = new StreamedEvents(), LastInvocation = "" };
    private static readonly EngineFault Throttled = new(FaultKind.QuotaExceeded, "Slow down.");

    private readonly ManualTime _time = new();
    private readonly SemaphoreSlim _looked = new(0);
    private readonly List<(TimeSpan At, DateTimeOffset? From)> _looks = [];
    private readonly DateTimeOffset _began;
    private Func<int, (SessionHistory?, EngineFault?)> _sees = _ => (At(0), null);

    public TurnRecoveryTests() => _began = _time.GetUtcNow();

    public void Dispose() => _looked.Dispose();

    [Fact]
    public async Task Nothing_is_proof_only_when_patience_is_at_its_end()
    {
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromSeconds(20));
        (await finding).Judgement.Fate.ShouldBe(TurnFate.NeverStarted);
        _looks.Select(look => look.At.TotalSeconds).ShouldBe([0, 0.25, 0.75, 1.75, 3.75, 7.75, 11.75, 15.75, 19.75, 20], tolerance: 0.001);
    }

    [Fact]
    public async Task Part_of_a_millisecond_that_is_left_does_not_use_up_the_looks()
    {
        using var recovery = new TurnRecovery(new RecoveryPolicy { Patience = TimeSpan.FromMilliseconds(1000.5) }, ReadAsync, _time);
        var finding = recovery.FindOutAsync("s", Memory, _time.GetTimestamp(), default).AsTask();
        await PassAsync(finding, TimeSpan.FromSeconds(2));
        (await finding).Judgement.Fate.ShouldBe(TurnFate.NeverStarted);
        _looks.Count.ShouldBeLessThan(RecoveryPolicy.MostLooks);
    }

    [Fact]
    public async Task An_end_is_one_when_a_second_look_sees_no_more()
    {
        _sees = look => (look < 3 ? At(1, User("a", "hi", 0)) : At(1, User("a", "hi", 0), Says("a", "done", 1)), null);
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromSeconds(20));
        (await finding).Judgement.Missing.Count.ShouldBe(1);
        _looks.Count.ShouldBe(4);
        (_looks[3].At - _looks[2].At).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task A_second_agent_that_begins_within_the_quiet_is_waited_for()
    {
        _sees = look => (look switch
        {
            1 => At(1, User("a", "hi", 0), Says("a", "first", 1)),
            2 => At(3, User("a", "hi", 0), Says("a", "first", 1), CallsTool("a", 2)),
            _ => At(5, User("a", "hi", 0), Says("a", "first", 1), CallsTool("a", 2), ToolAnswers("a", 3), Says("a", "second", 4)),
        }, null);
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromSeconds(20));
        (await finding).Judgement.Missing.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_turn_that_goes_on_and_on_stays_unknown()
    {
        _sees = _ => (At(1, User("a", "hi", 0), CallsTool("a", 1)), null);
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromSeconds(20));
        var found = await finding;
        found.Judgement.Fate.ShouldBe(TurnFate.Underway);
        found.Judgement.Invocation.ShouldBe("a");
        found.Finding.ShouldBe("The engine's session shows that the turn began, and not how it ended.");
    }

    [Fact]
    public async Task What_cannot_be_read_now_is_read_later()
    {
        _sees = look => look < 4 ? (null, Throttled) : (At(1, User("a", "hi", 0), Says("a", "done", 1)), null);
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromSeconds(20));
        (await finding).Judgement.Fate.ShouldBe(TurnFate.Finished);
    }

    [Fact]
    public async Task Nothing_seen_early_is_no_proof_when_the_last_looks_fail()
    {
        _sees = look => look < 4 ? (At(0), null) : (null, Throttled);
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromSeconds(20));
        var found = await finding;
        found.Judgement.Fate.ShouldBe(TurnFate.Underway);
        found.Finding.ShouldContain("engine_quota_exceeded");
    }

    [Theory]
    [InlineData(FaultKind.PermissionDenied)]
    [InlineData(FaultKind.EngineNotFound)]
    [InlineData(FaultKind.AnswerTooLarge)]
    public async Task What_cannot_be_read_at_all_is_not_asked_for_twice(FaultKind kind)
    {
        _sees = _ => (null, new EngineFault(kind, "No."));
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        (await recovery.FindOutAsync("s", Memory, _time.GetTimestamp(), default)).Judgement.Fate.ShouldBe(TurnFate.Underway);
        _looks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Looks_are_few_however_long_patience_is()
    {
        using var recovery = new TurnRecovery(new RecoveryPolicy { Patience = TimeSpan.FromMinutes(10) }, ReadAsync, _time);
        var finding = Find(recovery, Memory);
        await PassAsync(finding, TimeSpan.FromMinutes(10));
        (await finding).Judgement.Fate.ShouldBe(TurnFate.NeverStarted);
        _looks.Count.ShouldBeLessThanOrEqualTo(RecoveryPolicy.MostLooks);
    }

    [Fact]
    public async Task Only_the_newest_part_of_a_session_is_read()
    {
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        var known = Memory with { LastInvocation = "z", LastEventAt = Begin };
        await PassAsync(Find(recovery, known), TimeSpan.FromSeconds(21));
        _looks.ShouldAllBe(look => look.From == Begin.AddSeconds(-120));
        _looks.Clear();

        _sees = _ => (At(500), null);
        var strange = Find(recovery, Memory with { LastInvocation = null });
        await PassAsync(strange, TimeSpan.FromSeconds(20));
        _looks[0].From.ShouldBeNull();
        _looks.Skip(1).ShouldAllBe(look => look.From == Begin.AddSeconds(500 - 120));
        _looks.Clear();

        await PassAsync(Find(recovery, Memory with { LastInvocation = null, Skew = TimeSpan.FromSeconds(100) }), TimeSpan.FromSeconds(21));
        _looks.Skip(1).ShouldAllBe(look => look.From == Begin.AddSeconds(500 - 120 - 100));
    }

    [Fact]
    public async Task A_cancelled_turn_is_not_looked_for_any_more()
    {
        using var recovery = new TurnRecovery(new RecoveryPolicy(), ReadAsync, _time);
        using var cancel = new CancellationTokenSource();
        var finding = Find(recovery, Memory, cancel.Token);
        await _looked.WaitAsync(TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();
        (await Should.ThrowAsync<OperationCanceledException>(finding)).CancellationToken.ShouldBe(cancel.Token);
    }

    [Fact]
    public async Task Only_some_look_at_a_time_and_the_others_wait_no_longer_than_their_patience()
    {
        var reading = 0;
        var never = new TaskCompletionSource();
        using var recovery = new TurnRecovery(
            new RecoveryPolicy { ReadsAtOnce = 2 },
            async (_, _, cancellationToken) =>
            {
                Interlocked.Increment(ref reading);
                await never.Task.WaitAsync(cancellationToken);
                return (At(0), null);
            },
            _time);
        var all = Enumerable.Range(0, 5).Select(_ => Find(recovery, Memory)).ToList();
        reading.ShouldBe(2);
        _time.Advance(TimeSpan.FromSeconds(28));
        foreach (var found in await Task.WhenAll(all).WaitAsync(TimeSpan.FromSeconds(10)))
        {
            found.Judgement.Fate.ShouldBe(TurnFate.Underway);
            found.Finding.ShouldBe("The engine's session could not be read in time.");
        }
    }

    private ValueTask<(SessionHistory?, EngineFault?)> ReadAsync(string session, DateTimeOffset? from, CancellationToken cancellationToken)
    {
        _looks.Add((_time.GetUtcNow() - _began, from));
        _looked.Release();
        return ValueTask.FromResult(_sees(_looks.Count));
    }

    private Task<Recovered> Find(TurnRecovery recovery, TurnMemory memory, CancellationToken cancellationToken = default) =>
        InPlace(() => recovery.FindOutAsync("s", memory, _time.GetTimestamp(), cancellationToken).AsTask());

    // Without the test's context each look runs on the thread that moves the clock, so the next wait is armed before the clock moves on.
    private static T InPlace<T>(Func<T> act)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return act();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private async Task PassAsync(Task finding, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time + TimeSpan.FromSeconds(3) && !finding.IsCompleted; passed += TimeSpan.FromMilliseconds(250))
        {
            InPlace(() =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(250));
                return true;
            });
        }

        await finding.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
