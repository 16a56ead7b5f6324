using Sluice.Api.Endpoints;
using Sluice.Core.Time;

namespace Sluice.Api.Rpc;

/// <summary>Whether this process is ready, for those who wait until that changes. Noticed within a pulse; that it stops, at once.</summary>
internal sealed class ReadinessChanges : Pulsed, IDisposable
{
    private readonly Readiness _readiness;
    private readonly Pulse _pulse;
    private readonly CancellationTokenRegistration _stopping;
    private TaskCompletionSource _next = NewSource();
    private bool _known;

    public ReadinessChanges(Readiness readiness, Pulse pulse, NotStopping notStopping)
    {
        (_readiness, _pulse, _known) = (readiness, pulse, readiness.WhyNot is null);
        _stopping = notStopping.Stopping.Register(Tell);
        pulse.Add(this);
    }

    public bool IsReady => _readiness.WhyNot is null;

    /// <summary>Done with the next change. To be asked for before <see cref="IsReady"/>, so that none is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Dispose()
    {
        _pulse.Remove(this);
        _stopping.Dispose();
    }

    protected override void OnPulse(long now)
    {
        if (IsReady != _known)
        {
            _known = !_known;
            Tell();
        }
    }

    private void Tell() => Interlocked.Exchange(ref _next, NewSource()).SetResult();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
