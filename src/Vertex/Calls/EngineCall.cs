using Sluice.Core.Engines;
using Sluice.Core.Time;

namespace Sluice.Vertex.Calls;

/// <summary>
/// The deadlines of one call and its end for whichever reason comes first. Looked after by the shared pulse: moving a deadline, as each read does, is one store.
/// </summary>
internal sealed class EngineCall : Pulsed, IDisposable
{
    // Never disposed: it holds no timer and no handle, and the pulse may come by once more after the call has ended.
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenRegistration _registration;
    private readonly Pulse _pulse;
    private readonly CancellationToken _caller;
    private readonly long _totalAt;
    private long _dueAt;
    private volatile int _expired = -1;
    private bool _isStreaming;

    public EngineCall(Pulse pulse, TimeSpan firstAnswer, TimeSpan total, CancellationToken caller)
    {
        (_pulse, _caller) = (pulse, caller);
        StartedAt = pulse.Time.GetTimestamp();
        _dueAt = pulse.After(firstAnswer);
        _totalAt = pulse.After(total);
        _registration = caller.UnsafeRegister(static call => ((EngineCall)call!)._ending.Cancel(), this);
        pulse.Add(this);
    }

    /// <summary>Ends with the caller's token or with the first deadline.</summary>
    public CancellationToken Token => _ending.Token;

    public long StartedAt { get; }

    public TimeSpan Elapsed => _pulse.Time.GetElapsedTime(StartedAt);

    /// <summary>The first event is here, or more came behind it: from now on, silence is what ends the call.</summary>
    public void Heard(TimeSpan silence)
    {
        Volatile.Write(ref _isStreaming, true);
        Volatile.Write(ref _dueAt, _pulse.After(silence));
    }

    /// <summary>The deadline that ended the call, if one did; the caller's own cancellation is thrown.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public EngineFault? Expired()
    {
        _caller.ThrowIfCancellationRequested();
        return (FaultKind)_expired switch
        {
            FaultKind.FirstEventTimeout => new EngineFault(FaultKind.FirstEventTimeout, "The engine did not answer in time."),
            FaultKind.IdleTimeout => new EngineFault(FaultKind.IdleTimeout, "The engine's stream went silent for too long."),
            FaultKind.TotalTimeout => new EngineFault(FaultKind.TotalTimeout, "The engine took longer than a turn may."),
            _ => null,
        };
    }

    public void Dispose()
    {
        _pulse.Remove(this);
        _registration.Dispose();
    }

    protected override void OnPulse(long now)
    {
        var isDue = now >= Volatile.Read(ref _dueAt);
        if (!isDue && now < _totalAt)
        {
            return;
        }

        var kind = !isDue ? FaultKind.TotalTimeout : Volatile.Read(ref _isStreaming) ? FaultKind.IdleTimeout : FaultKind.FirstEventTimeout;
        if (Interlocked.CompareExchange(ref _expired, (int)kind, -1) == -1)
        {
            // The pulse must not wait for what closing a connection runs.
            ThreadPool.UnsafeQueueUserWorkItem(static ending => ending.Cancel(), _ending, preferLocal: false);
        }
    }
}
