using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>
/// Sends what a reader reads to one subscription. What is not sent yet waits in the turn's log, within its bounds: a receiver that is slow falls behind there, is told so, and holds up
/// nobody.
/// </summary>
internal sealed class TurnPump(Guid subscription, ITurnReader reader, ITurnReceiver receiver)
{
    /// <summary>Events in one call at most.</summary>
    private const int Most = 128;

    private readonly CancellationTokenSource _leaving = new();
    private readonly TurnEvent[] _events = new TurnEvent[Most];
    private int _isBeatDue;

    /// <summary>Done when there is nothing more to send, or nobody to send it to.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

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

    private async Task RunAsync(Action done)
    {
        try
        {
            while (await SendAsync() && await WaitAsync())
            {
            }
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

    private async Task<bool> SendAsync()
    {
        while (true)
        {
            var read = reader.Read(_events);
            if (read == 0 && Interlocked.Exchange(ref _isBeatDue, 0) == 0)
            {
                return true;
            }

            if (!await receiver.OnNextAsync(subscription, new TurnPart { Events = _events.AsSpan(0, read).ToArray() }) || _leaving.IsCancellationRequested)
            {
                return false;
            }
        }
    }

    // False: there is nothing more to wait for.
    private async Task<bool> WaitAsync()
    {
        switch (await reader.WaitAsync(_leaving.Token))
        {
            case ReadSignal.Ended:
                return false;
            case ReadSignal.Moved:
                await receiver.OnNextAsync(subscription, new TurnPart { Kind = PartKind.Moved });
                return false;
            default:
                // Not on the thread of the one who appends: it has the next event to read.
                await Task.Yield();
                return true;
        }
    }
}
