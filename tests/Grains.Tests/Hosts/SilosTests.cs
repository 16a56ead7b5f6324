using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Grains.Tests.Hosts;

/// <summary>Silos come and go under a turn and its readers.</summary>
public sealed class SilosTests : IAsyncLifetime
{
    // A cluster takes its time to miss a silo.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly ScriptedEngine _engine = new();
    private readonly RecordingObserver _observer = new();
    private bool _isCancelled;
    private TestSilos _silos = null!;

    public async Task InitializeAsync() => _silos = await TestSilos.StartAsync(_engine, new SessionLimits(), TimeProvider.System, _observer);

    public async Task DisposeAsync()
    {
        await _silos.DisposeAsync();
        _observer.Defects.ShouldAllBe(defect => _isCancelled && defect is OperationCanceledException);
    }

    [Fact]
    public async Task A_session_is_where_its_first_request_came_to()
    {
        await using var reader = await StartAsync(_silos.FrontOf(2), "hello");
        _silos.FrontOf(2).LiveTurns.ShouldBe(1);
        (await _engine.NextCallAsync()).Complete();
        (await reader.ReadAsync()).Words().ShouldBe("started completed");
    }

    [Fact]
    public async Task A_turn_is_read_from_every_silo()
    {
        await using var first = await StartAsync(_silos.FrontOf(0), "hello");
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        await using var second = await FollowAsync(_silos.FrontOf(1), first.Turn, after: 0);
        await using var third = await FollowAsync(_silos.FrontOf(2), first.Turn, after: 2);
        call.Emit("b");
        call.Complete();
        (await first.ReadAsync()).Words().ShouldBe("""started "a" "b" completed""");
        (await second.ReadAsync()).Words().ShouldBe("""started "a" "b" completed""");
        (await third.ReadAsync()).Words().ShouldBe("\"b\" completed");
    }

    [Fact]
    public async Task A_front_end_that_is_no_silo_serves_sessions_that_are_in_one()
    {
        await using var reader = await StartAsync(_silos.FrontEnd, "hello");
        var call = await _engine.NextCallAsync();
        call.Emit("a");
        await using var other = await FollowAsync(_silos.FrontOf(0), reader.Turn, after: 0);
        call.Complete();
        (await reader.ReadAsync()).Words().ShouldBe("""started "a" completed""");
        (await other.ReadAsync()).Words().ShouldBe("""started "a" completed""");
        _silos.FrontEnd.SessionCount.ShouldBe(0);
    }

    [Fact]
    public async Task Two_requests_from_two_silos_run_one_after_the_other()
    {
        await using var first = await StartAsync(_silos.FrontOf(0), "one");
        await using var second = await StartAsync(_silos.FrontOf(1), "two");
        var call = await _engine.NextCallAsync();
        call.Text.ShouldBe("\"one\"");
        _engine.TryNextCall(out _).ShouldBeFalse();
        call.Complete();
        (await _engine.NextCallAsync()).Complete();
        (await second.ReadAsync()).Words().ShouldBe("started completed");
        _engine.Overlapped.ShouldBeFalse();
    }

    [Fact]
    public async Task A_cancel_from_another_silo_reaches_the_engine()
    {
        await using var reader = await StartAsync(_silos.FrontOf(0), "hello");
        var call = await _engine.NextCallAsync();
        await _silos.FrontOf(1).CancelAsync(Key().Tenant, reader.Turn, CancellationToken.None);
        await call.CancelledAsync();
        (await reader.ReadAsync())[^1].End!.Cancelled.ShouldBe(CancelReason.Requested);
    }

    [Fact]
    public async Task A_session_that_moves_takes_its_turn_along_and_readers_elsewhere_notice_nothing()
    {
        await using var reader = await StartAsync(_silos.Across(from: 0, to: 1), "hello");
        (await _engine.NextCallAsync()).Emit("a");
        (await reader.ReadAsync(count: 2)).Words().ShouldBe("started \"a\"");

        await _silos.MigrateAsync(Key(), to: 2);
        var resumed = await _engine.NextCallAsync();
        resumed.Interrupted.ShouldNotBeNull();
        resumed.Interrupted.ContinueExactly();
        resumed.Emit("b");
        resumed.Complete();
        (await reader.ReadAsync()).Words().ShouldBe("\"b\" completed");
        _observer.EndedTurns.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_turn_whose_silo_died_goes_on_elsewhere_and_its_readers_with_it()
    {
        await using var reader = await StartAsync(_silos.Across(from: 0, to: 1), "hello");
        (await _engine.NextCallAsync()).Emit("a");
        (await reader.ReadAsync(count: 2)).Words().ShouldBe("started \"a\"");

        await _silos.KillAsync(1);
        var resumed = await _engine.NextCallAsync(Patience);
        resumed.Interrupted.ShouldNotBeNull();
        resumed.Emit("b");
        resumed.Complete();
        var rest = (await reader.ReadAsync()).Words();
        rest.ShouldBeOneOf("gap \"b\" completed", "gap completed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dead_silos_session_that_is_damaged_keeps_no_other_from_going_on(bool isCancelled)
    {
        _isCancelled = isCancelled;
        foreach (var store in (SharedStore.Node[])[_silos.StoreOf(0), _silos.StoreOf(2)])
        {
            // As by a silo that stops.
            store.Damage = isCancelled ? new OperationCanceledException("The test has cancelled it.") : store.Damage;
            store.Damaged = Key("damaged");
        }

        await using var damaged = await StartAsync(_silos.FrontOf(1), "one", session: "damaged");
        await _engine.NextCallAsync();
        await using var whole = await StartAsync(_silos.FrontOf(1), "two", session: "whole");
        await _engine.NextCallAsync();

        await _silos.KillAsync(1);

        var resumed = await _engine.NextCallAsync(Patience);
        resumed.Text.ShouldBe("\"two\"");
        resumed.Complete();

        if (isCancelled)
        {
            // Told of once by each, and a third time: they look again.
            await _observer.DefectsAsync(3, Patience);
        }
    }

    private static async Task<ITurnReader> StartAsync(ISessionHost front, string text, string session = "s1")
    {
        var admission = await front.StartAsync(Request(text, session: session), ReadInterest.EveryEvent, CancellationToken.None);
        admission.Refusal.ShouldBe(Refusal.None);
        return admission.Reader!;
    }

    private static async Task<ITurnReader> FollowAsync(ISessionHost front, TurnId turn, long after) =>
        (await front.FollowAsync(Key().Tenant, new Cursor(turn, after), ReadInterest.EveryEvent, CancellationToken.None)).ShouldNotBeNull();
}
