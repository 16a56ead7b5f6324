using Sluice.Core.Engines;
using Sluice.TestKit;
using Sluice.Vertex.Resilience;

namespace Sluice.Vertex.Tests.Resilience;

public sealed class CircuitTests
{
    private readonly ManualTime _time = new();
    private readonly List<CircuitState> _changes = [];
    private readonly Circuit _circuit;

    public CircuitTests() => _circuit = new Circuit(
        new ResilienceOptions { FailureRatio = 0.5, MinimumThroughput = 4, SamplingWindow = TimeSpan.FromSeconds(30), BreakDuration = TimeSpan.FromSeconds(5) },
        _time,
        (state, _) => _changes.Add(state));

    [Fact]
    public void It_opens_when_enough_calls_were_made_and_half_of_them_failed()
    {
        Call(true);
        Call(true);
        Call(false);
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
        Call(false);
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.FromSeconds(5)));
        _circuit.TryEnter(out _).ShouldBeFalse();
        _circuit.Lets.ShouldBeFalse();
        _changes.ShouldBe([CircuitState.Open]);
    }

    [Fact]
    public void Failures_of_long_ago_count_no_more()
    {
        Call(false);
        Call(false);
        Call(false);
        _time.Advance(TimeSpan.FromSeconds(31));
        Call(false);
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public void After_the_break_one_call_is_the_trial_and_its_success_closes()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.Lets.ShouldBeTrue();
        _circuit.TryEnter(out var trial).ShouldBeTrue();
        _circuit.TryEnter(out _).ShouldBeFalse();
        _circuit.Lets.ShouldBeFalse();
        _circuit.Health.State.ShouldBe(CircuitState.HalfOpen);
        _circuit.Succeeded(trial);
        _circuit.Left(trial);
        _circuit.Health.ShouldBe((CircuitState.Closed, null));
        _changes.ShouldBe([CircuitState.Open, CircuitState.HalfOpen, CircuitState.Closed]);
    }

    [Fact]
    public void A_failed_trial_opens_for_another_break()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out var trial).ShouldBeTrue();
        _circuit.Failed(trial);
        _circuit.Left(trial);
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.FromSeconds(5)));
        _time.Advance(TimeSpan.FromSeconds(4.9));
        _circuit.TryEnter(out _).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.1));
        _circuit.TryEnter(out _).ShouldBeTrue();
    }

    [Fact]
    public void A_cancelled_trial_proves_nothing_and_the_next_call_is_the_trial()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out var cancelled).ShouldBeTrue();
        _circuit.Left(cancelled);
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.Zero));
        _circuit.TryEnter(out var trial).ShouldBeTrue();
        _circuit.TryEnter(out _).ShouldBeFalse();
        _circuit.Succeeded(trial);
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public void A_trial_that_says_nothing_for_a_whole_break_is_joined_by_another()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out var silent).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out var trial).ShouldBeTrue();
        _circuit.TryEnter(out _).ShouldBeFalse();
        _circuit.Left(silent);
        _circuit.TryEnter(out _).ShouldBeFalse();
        _circuit.Succeeded(trial);
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_call_from_before_the_opening_does_not_decide_the_trial(bool isWell)
    {
        _circuit.TryEnter(out var old).ShouldBeTrue();
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out _).ShouldBeTrue();
        Tell(old, isWell);
        _circuit.Health.State.ShouldBe(CircuitState.HalfOpen);
    }

    [Fact]
    public void Calls_from_before_the_opening_do_not_open_it_again()
    {
        var old = new List<CircuitPass>();
        for (var call = 0; call < 8; call++)
        {
            _circuit.TryEnter(out var pass).ShouldBeTrue();
            old.Add(pass);
        }

        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        Call(true);
        old.ForEach(pass => Tell(pass, isWell: false));
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public void Of_many_at_once_one_is_the_trial()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        var entered = 0;
        Parallel.For(0, 100, _ => Interlocked.Add(ref entered, _circuit.TryEnter(out var _) ? 1 : 0));
        entered.ShouldBe(1);
    }

    [Fact]
    public void One_that_hears_of_failures_opens_for_as_long_as_it_is_told_and_closes_by_its_own_trial()
    {
        _circuit.HeardFailing(TimeSpan.FromSeconds(3));
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.FromSeconds(3)));
        _circuit.TryEnter(out _).ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(3));
        _circuit.TryEnter(out var trial).ShouldBeTrue();
        _circuit.TryEnter(out _).ShouldBeFalse();
        _circuit.Succeeded(trial);
        _circuit.Health.ShouldBe((CircuitState.Closed, null));
        _changes.ShouldBe([CircuitState.Open, CircuitState.HalfOpen, CircuitState.Closed]);
    }

    [Fact]
    public void One_that_was_told_and_finds_it_so_stays_open()
    {
        _circuit.HeardFailing(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(3));
        Call(false);
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.FromSeconds(5)));
        _time.Advance(TimeSpan.FromSeconds(5));
        Call(true);
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
    }

    [Fact]
    public void No_report_keeps_it_open_for_longer_than_its_own_break()
    {
        _circuit.HeardFailing(TimeSpan.FromHours(1));
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.FromSeconds(5)));
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.HeardFailing(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out _).ShouldBeTrue("or one that cannot reach the engine would keep all others from it");
    }

    [Fact]
    public void One_whose_own_calls_went_well_a_moment_ago_does_not_believe_it()
    {
        Call(true);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        _circuit.HeardFailing(TimeSpan.FromSeconds(5));
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        _circuit.HeardFailing(TimeSpan.FromSeconds(5));
        _circuit.Health.State.ShouldBe(CircuitState.Open);
    }

    [Fact]
    public void Calls_from_before_a_report_decide_nothing()
    {
        _circuit.TryEnter(out var old).ShouldBeTrue();
        _circuit.HeardFailing(TimeSpan.FromSeconds(5));
        Tell(old, isWell: true);
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void One_that_hears_of_a_success_tries_at_once()
    {
        Open();
        _circuit.HeardWell();
        _circuit.Health.ShouldBe((CircuitState.Open, TimeSpan.Zero));
        Call(true);
        _circuit.Health.State.ShouldBe(CircuitState.Closed);
        Open();
    }

    [Fact]
    public void A_success_elsewhere_is_no_second_trial_here()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        _circuit.TryEnter(out _).ShouldBeTrue();
        _circuit.HeardWell();
        _circuit.TryEnter(out _).ShouldBeFalse();
    }

    private void Open()
    {
        for (var call = 0; call < 4; call++)
        {
            Call(false);
        }

        _circuit.Health.State.ShouldBe(CircuitState.Open);
    }

    private void Call(bool isWell)
    {
        _circuit.TryEnter(out var pass).ShouldBeTrue();
        Tell(pass, isWell);
    }

    private void Tell(in CircuitPass pass, bool isWell)
    {
        if (isWell)
        {
            _circuit.Succeeded(pass);
        }
        else
        {
            _circuit.Failed(pass);
        }

        _circuit.Left(pass);
    }
}
