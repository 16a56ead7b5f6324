using System.Threading.Tasks.Sources;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Log;

/// <summary>
/// A reader on a log in this process. Its wait allocates nothing and its continuation runs on the appending thread: twenty events that arrive together cost one
/// wake-up and no queue.
/// </summary>
internal sealed class TurnLogReader : ITurnReader, IValueTaskSource<ReadSignal>
{
    private readonly TurnLog _log;
    private ManualResetValueTaskSourceCore<ReadSignal> _wait;
    private CancellationTokenRegistration _cancellation;

    internal TurnLogReader(TurnLog log, SessionId session, TurnId turn, ReadInterest interest) =>
        (_log, Session, Turn, Interest) = (log, session, turn, interest);

    public SessionId Session { get; }

    public TurnId Turn { get; }

    public TurnEnd? End => _log.End;

    internal ReadInterest Interest { get; }

    // The log's, under its lock. A field, for it is changed in place.
    internal LogPosition Position;

    internal TurnLogReader? Next { get; set; }

    internal long Cursor { get; set; }

    internal bool Armed { get; set; }

    internal bool WakeRequested { get; set; }

    /// <summary>Its cursor is beyond the newest event.</summary>
    internal bool IsAhead { get; set; }

    public int Read(Span<TurnEvent> events) => _log.Read(this, events);

    public ValueTask<ReadSignal> WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadSignal>(cancellationToken);
        }

        _wait.Reset();
        if (!_log.Arm(this, out var signal))
        {
            return new ValueTask<ReadSignal>(signal);
        }

        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(static (reader, token) => ((TurnLogReader)reader!).Cancel(token), this);
        }

        return new ValueTask<ReadSignal>(this, _wait.Version);
    }

    public void Wake()
    {
        if (_log.Disarm(this, rememberWake: true))
        {
            Complete(ReadSignal.Woken);
        }
    }

    public ValueTask DisposeAsync()
    {
        _log.Close(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>For the one that disarmed it.</summary>
    internal void Complete(ReadSignal signal) => _wait.SetResult(signal);

    ReadSignal IValueTaskSource<ReadSignal>.GetResult(short token)
    {
        // A registration that is just being made when the wait ends is disposed of at the next wait's end at the latest; firing then finds nothing armed for it.
        _cancellation.Unregister();
        _cancellation = default;
        return _wait.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadSignal>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadSignal>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (_log.Disarm(this, rememberWake: false))
        {
            _wait.SetException(new OperationCanceledException(cancellationToken));
        }
    }
}
