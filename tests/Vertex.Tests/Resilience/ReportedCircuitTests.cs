using Sluice.Core.Engines;
using Sluice.Emulator.Control;
using Sluice.Vertex.Resilience;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Resilience;

/// <summary>Two processes that ask the same engine, each with an emulator of its own in its place: so that it may fail one and not the other.</summary>
public sealed class ReportedCircuitTests : IAsyncLifetime
{
    private static readonly ResilienceOptions Options = new() { MaxAttempts = 1, MinimumThroughput = 3, FailureRatio = 0.5 };
    private static readonly TimeSpan Break = Options.BreakDuration;

    private readonly Board _board = new();
    private Fleet _one = null!;
    private Fleet _other = null!;

    public async Task InitializeAsync()
    {
        _one = await Fleet.StartAsync(options: Options, reports: _board.NewPlace());
        _other = await Fleet.StartAsync(options: Options, reports: _board.NewPlace());
    }

    public async Task DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task What_fails_one_too_often_is_not_asked_by_the_other_either()
    {
        await OpenAsync();
        (await _other.SayAsync("ping")).Fault.ShouldNotBeNull().Kind.ShouldBe(FaultKind.CircuitOpen);
        _other.First.Control.Counters.Calls.ShouldBe(0);
        (await _other.Observer.ChangeAsync()).Circuit.ShouldBe(CircuitState.Open);
    }

    [Fact]
    public async Task What_answers_one_again_is_tried_by_the_other_at_once()
    {
        await OpenAsync();
        _one.Time.Advance(Break);
        (await _one.SayAsync("ping")).Fault.ShouldBeNull();
        _other.Circuit(0).ShouldBe(CircuitState.Open, "what answers one may not answer all");
        (await _other.SayAsync("ping")).Fault.ShouldBeNull();
        _other.Circuit(0).ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public async Task One_that_has_just_been_answered_goes_on()
    {
        (await _other.SayAsync("ping")).Fault.ShouldBeNull();
        await OpenAsync();
        (await _other.SayAsync("ping")).Fault.ShouldBeNull();
    }

    [Fact]
    public async Task A_process_tells_what_its_own_calls_have_shown_and_nothing_that_it_has_heard()
    {
        await OpenAsync();
        _board.Told.ShouldHaveSingleItem().TriedAgainIn.ShouldBe(Break);
        _one.Time.Advance(Break);
        await _one.SayAsync("ping");
        await _other.SayAsync("ping");
        _board.Told.Select(report => report.TriedAgainIn).ShouldBe([Break, null, null]);
    }

    [Fact]
    public async Task Another_engine_is_none_of_its_business()
    {
        await using var another = await Fleet.StartAsync(engine: "another", options: Options, reports: _board.NewPlace());
        await OpenAsync();
        (await another.SayAsync("ping")).Fault.ShouldBeNull();
    }

    private async Task OpenAsync()
    {
        _one.First.Control.Enqueue(new Script { Fault = Fault.Unavailable, Times = 3 });
        for (var turn = 0; turn < 3; turn++)
        {
            await _one.SayAsync("fail");
        }

        _one.Circuit(0).ShouldBe(CircuitState.Open);
    }
}
