using System.Threading.Tasks.Sources;
using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>
/// Has what a reader reads sent to one subscription. What is not sent yet waits in the turn's log, within its bounds: a receiver that is slow falls behind there, is told so, and holds up
/// nobody.
/// </summary>
internal sealed class TurnPump(Guid subscription, ITurnReader reader, Outbox outbox) : IValueTaskSource<bool>
{
    private readonly CancellationTokenSource _leaving = new();
    private ManualResetValueTaskSourceCore<bool> _sent;
    private bool _hasMoved;
    private int _isBeatDue;

    /// <summary>Done when there is nothing more to send, or nobody to send it to.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public Guid Subscription => subscription;

    /// <summary>Begins to send, beside whoever calls: its trace is not this one's.</summary>
    /// <param name="done">Called at the end.</param>
    public void Start(Action done)
    {
        using (ExecutionContext.SuppressFlow())
        {
            Running = Task.Run(() => RunAsync(done), CancellationToken.None);
        }
    }

    /// <summary>Has a sign of life sent, if nothing else is.</summary>
    public void Beat()
    {
        Volatile.Write(ref _isBeatDue, 1);
        reader.Wake();
    }

    /// <summary>Reads the turn no more, and returns when nothing that was sent is under way any more.</summary>
    public async Task LeaveAsync()
    {
        await _leaving.CancelAsync();
        await reader.DisposeAsync();
        await Running;
    }

    /// <summary>For the outbox, when it has room: what is there to be sent. False: nothing any more.</summary>
    /// <param name="buffer">Room for the events.</param>
    /// <param name="delivery">What is to be sent.</param>
    public bool TryTake(Span<TurnEvent> buffer, out TurnDelivery delivery)
    {
        delivery = default;
        if (_leaving.IsCancellationRequested)
        {
            return false;
        }

        var read = reader.Read(buffer);
        var isBeatDue = Interlocked.Exchange(ref _isBeatDue, 0) != 0;
        if (read == 0 && !isBeatDue && !_hasMoved)
        {
            return false;
        }

        delivery = new(subscription, new TurnPart { Kind = _hasMoved ? PartKind.Moved : PartKind.Events, Events = buffer[..read].ToArray() });
        return true;
    }

    /// <summary>For the outbox: what it took has been answered, or there was nothing.</summary>
    public void Answer(bool isWanted) => _sent.SetResult(isWanted);

    /// <summary>For the outbox: what it took may not have arrived.</summary>
    public void Fail(Exception reason) => _sent.SetException(reason);

    bool IValueTaskSource<bool>.GetResult(short token) => _sent.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _sent.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sent.OnCompleted(continuation, state, token, flags);

    private async Task RunAsync(Action done)
    {
        try
        {
            ReadSignal signal;
            do
            {
                signal = await reader.WaitAsync(_leaving.Token);
                _hasMoved = signal == ReadSignal.Moved;
            }
            while (signal != ReadSignal.Ended && await SendAsync() && !_hasMoved);
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            // It has left.
        }
        catch (Exception unreachable) when (Transient.Is(unreachable))
        {
            // The receiver, if it is still there, misses the next sign of life and subscribes again.
        }
        finally
        {
            done();
            await reader.DisposeAsync();
        }
    }

    // True: more may be sent.
    private ValueTask<bool> SendAsync()
    {
        _sent.Reset();
        outbox.Add(this);
        return new ValueTask<bool>(this, _sent.Version);
    }
}
