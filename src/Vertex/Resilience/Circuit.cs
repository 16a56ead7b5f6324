using Polly;
using Polly.CircuitBreaker;
using BreakerState = Polly.CircuitBreaker.CircuitState;
using CircuitState = Sluice.Core.Engines.CircuitState;

namespace Sluice.Vertex.Resilience;

/// <summary>What a circuit gives to each call it lets through, and takes back with what became of it.</summary>
/// <param name="Period">The time between two changes of state that the call belongs to: later ones have nothing to learn from it.</param>
/// <param name="Trial">Number of the trial that the call is; 0: it is none.</param>
internal readonly record struct CircuitPass(int Period, int Trial);

/// <summary>What made a circuit change its state.</summary>
internal enum CircuitCause
{
    /// <summary>A call that has shown how the engine is.</summary>
    Verdict,

    /// <summary>A trial that begins, or that was given up.</summary>
    Trial,

    /// <summary>What another process has said.</summary>
    Report,
}

/// <summary>The circuit breaker in front of one engine in one region.</summary>
/// <remarks>
/// Polly's breaker counts, and says when to open. It is told verdicts and not given calls to run, for a call here is a stream of minutes: its first event is what shows
/// that the engine is well, not its end; a cancelled trial shows nothing, where a breaker around it would close; and a call of before the opening must not
/// decide the trial.
/// </remarks>
internal sealed class Circuit
{
    private readonly Lock _gate = new();
    private readonly ResilienceOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<CircuitState, CircuitCause> _changed;
    private CircuitBreakerStateProvider _state = null!;
    private ResiliencePipeline<bool> _breaker = null!;
    private volatile bool _isClosed = true;
    private DateTimeOffset _triedAt;
    private long? _wellAt;
    private int _period;
    private int _trial;
    private bool _isTried;

    /// <param name="options">Validated.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Told of each change of state, on the thread that brought it.</param>
    public Circuit(ResilienceOptions options, TimeProvider time, Action<CircuitState, CircuitCause> changed)
    {
        (_options, _time, _changed) = (options, time, changed);
        CountAnew();
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
                _triedAt = _time.GetUtcNow() + _options.BreakDuration;
                _isTried = true;
                pass = new CircuitPass(_period, ++_trial);
            }
        }

        if (pass.Trial != 0)
        {
            _changed(CircuitState.HalfOpen, CircuitCause.Trial);
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

        _changed(CircuitState.Open, CircuitCause.Trial);
    }

    /// <summary>
    /// Another process has opened its circuit, and asks again after so long: this one is opened as well, for no longer than a break. Not believed by one whose own calls have shown
    /// otherwise within the time of a break: it may be the other who cannot reach a well engine.
    /// </summary>
    public void HeardFailing(TimeSpan triedAgainIn)
    {
        lock (_gate)
        {
            if (!_isClosed || (_wellAt is { } wellAt && _time.GetElapsedTime(wellAt) < _options.BreakDuration))
            {
                return;
            }

            (_isClosed, _isTried) = (false, false);
            _triedAt = _time.GetUtcNow() + (triedAgainIn < _options.BreakDuration ? triedAgainIn : _options.BreakDuration);
            _period++;
        }

        _changed(CircuitState.Open, CircuitCause.Report);
    }

    /// <summary>Another process has closed its circuit. This one closes by a trial of its own, which is due now.</summary>
    public void HeardWell()
    {
        lock (_gate)
        {
            if (!_isClosed && !_isTried)
            {
                _triedAt = _time.GetUtcNow();
            }
        }
    }

    private void Tell(in CircuitPass pass, bool isWell)
    {
        lock (_gate)
        {
            _wellAt = isWell ? _time.GetTimestamp() : _wellAt;
            if (pass.Period != _period || _isClosed != (pass.Trial == 0))
            {
                return;
            }

            if (pass.Trial == 0)
            {
                _breaker.Execute(static verdict => verdict, isWell);
                if (_state.CircuitState == BreakerState.Closed)
                {
                    return;
                }

                _isClosed = false;
            }
            else if (isWell)
            {
                CountAnew();
                _isClosed = true;
            }

            _isTried = false;
            _triedAt = _time.GetUtcNow() + _options.BreakDuration;
            _period++;
        }

        // A trial closes it or not; any other call, if it decides at all, opens it.
        _changed(pass.Trial != 0 && isWell ? CircuitState.Closed : CircuitState.Open, CircuitCause.Verdict);
    }

    // What was before the trial counts no more. Polly's times of opening and trying are not used: it has none for what another process says.
    private void CountAnew()
    {
        _state = new CircuitBreakerStateProvider();
        _breaker = new ResiliencePipelineBuilder<bool> { TimeProvider = _time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<bool>
            {
                FailureRatio = _options.FailureRatio,
                MinimumThroughput = _options.MinimumThroughput,
                SamplingDuration = _options.SamplingWindow,
                BreakDuration = _options.BreakDuration,
                ShouldHandle = static verdict => ValueTask.FromResult(!verdict.Outcome.Result),
                StateProvider = _state,
            })
            .Build();
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
