using Polly;
using Polly.CircuitBreaker;
using BreakerState = Polly.CircuitBreaker.CircuitState;
using CircuitState = Sluice.Core.Engines.CircuitState;

namespace Sluice.Vertex.Resilience;

/// <summary>What a circuit gives to each call it lets through, and takes back with what became of it.</summary>
/// <param name="Period">The time between two changes of state that the call belongs to: later ones have nothing to learn from it.</param>
/// <param name="Trial">Number of the trial that the call is; 0: it is none.</param>
internal readonly record struct CircuitPass(int Period, int Trial);

/// <summary>The circuit breaker in front of one engine in one region.</summary>
/// <remarks>
/// Polly's breaker counts, opens and closes. It is told verdicts and not given calls to run, for a call here is a stream of minutes: its first event is what shows
/// that the engine is well, not its end; a cancelled trial shows nothing, where a breaker around it would close; and a call of before the opening must not
/// decide the trial.
/// </remarks>
internal sealed class Circuit
{
    private readonly Lock _gate = new();
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline<bool> _breaker;
    private readonly TimeProvider _time;
    private readonly TimeSpan _break;
    private readonly Action<CircuitState> _changed;
    private volatile bool _isClosed = true;
    private DateTimeOffset _triedAt;
    private int _period;
    private int _trial;
    private bool _isTried;

    /// <param name="options">Validated.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Told of each change of state, on the thread that brought it.</param>
    public Circuit(ResilienceOptions options, TimeProvider time, Action<CircuitState> changed)
    {
        (_time, _break, _changed) = (time, options.BreakDuration, changed);
        _breaker = new ResiliencePipelineBuilder<bool> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = options.FailureRatio,
                MinimumThroughput = options.MinimumThroughput,
                SamplingDuration = options.SamplingWindow,
                BreakDuration = options.BreakDuration,
                ShouldHandle = static verdict => ValueTask.FromResult(!verdict.Outcome.Result),
                StateProvider = _state,
            })
            .Build();
    }

    /// <summary>Whether a call would be let through now.</summary>
    public bool Lets => _isClosed || IsTrialDue();

    /// <summary>The state, and for an open circuit when a call will be let through.</summary>
    public (CircuitState State, TimeSpan? TriedAgainIn) Health
    {
        get
        {
            lock (_gate)
            {
                return _isClosed ? (CircuitState.Closed, null)
                    : _isTried ? (CircuitState.HalfOpen, Until())
                    : (CircuitState.Open, Until());
            }
        }
    }

    /// <summary>Lets a call through, or not. Each pass is handed back once, by <see cref="Left"/>; before that the verdict is told, if there is one.</summary>
    public bool TryEnter(out CircuitPass pass)
    {
        if (_isClosed)
        {
            pass = new CircuitPass(Volatile.Read(ref _period), Trial: 0);
            return true;
        }

        lock (_gate)
        {
            pass = default;
            if (!_isClosed)
            {
                if (_time.GetUtcNow() < _triedAt)
                {
                    return false;
                }

                // A trial that says nothing for as long as a break is left to itself, and the next one tries.
                _triedAt = _time.GetUtcNow() + _break;
                _isTried = true;
                pass = new CircuitPass(_period, ++_trial);
            }
        }

        if (pass.Trial != 0)
        {
            _changed(CircuitState.HalfOpen);
            return true;
        }

        pass = new CircuitPass(Volatile.Read(ref _period), Trial: 0);
        return true;
    }

    /// <summary>The engine is well.</summary>
    public void Succeeded(in CircuitPass pass) => Tell(pass, isWell: true);

    /// <summary>The engine is not.</summary>
    public void Failed(in CircuitPass pass) => Tell(pass, isWell: false);

    /// <summary>The call has ended. A trial without a verdict makes room for the next.</summary>
    public void Left(in CircuitPass pass)
    {
        if (pass.Trial == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_isClosed || pass.Period != _period || pass.Trial != _trial)
            {
                return;
            }

            (_isTried, _triedAt) = (false, _time.GetUtcNow());
        }

        _changed(CircuitState.Open);
    }

    private void Tell(in CircuitPass pass, bool isWell)
    {
        CircuitState state;
        lock (_gate)
        {
            if (pass.Period != _period || _isClosed != (pass.Trial == 0))
            {
                return;
            }

            try
            {
                _breaker.Execute(static verdict => verdict, isWell);
            }
            catch (BrokenCircuitException)
            {
                // The clock was set back since the trial began: it is tried again when the break is over by the new time.
            }

            var isClosed = _state.CircuitState == BreakerState.Closed;
            if (isClosed && pass.Trial == 0)
            {
                return;
            }

            (_isClosed, _isTried) = (isClosed, false);
            _triedAt = _time.GetUtcNow() + _break;
            _period++;
            state = isClosed ? CircuitState.Closed : CircuitState.Open;
        }

        _changed(state);
    }

    private bool IsTrialDue()
    {
        lock (_gate)
        {
            return _isClosed || _time.GetUtcNow() >= _triedAt;
        }
    }

    private TimeSpan Until()
    {
        var left = _triedAt - _time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
