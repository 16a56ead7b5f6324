namespace Sluice.Emulator.Limits;

/// <summary>The containers behind an engine: a call takes a free place in a warm one, or waits for a new one to start, or for a place.</summary>
internal sealed class Containers(ColdStartOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _queue = new();
    private int _instances = options.MinInstances;
    private int _busy;

    /// <summary>Completes when a container has the call; dispose the result when it is done.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        var latency = options.Warm;
        TaskCompletionSource? turn = null;
        lock (_lock)
        {
            if (_busy < _instances * options.Concurrency)
            {
                _busy++;
            }
            else if (_instances < options.MaxInstances)
            {
                _instances++;
                _busy++;
                latency = options.Cold;
            }
            else
            {
                turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _queue.Enqueue(turn);
            }
        }
        if (turn is not null) await WaitAsync(turn, cancellationToken);
        var place = new Place(this);
        try
        {
            await Task.Delay(latency, time, cancellationToken);
            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    // A place handed to someone who has just given up goes to the next in line.
    private async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.WaitAsync(cancellationToken);
        }
        catch
        {
            if (!turn.TrySetCanceled(CancellationToken.None)) Leave();
            throw;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            while (_queue.TryDequeue(out var next))
            {
                if (next.TrySetResult()) return;
            }
            _busy--;
        }
    }

    private sealed class Place(Containers owner) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) owner.Leave();
        }
    }
}
