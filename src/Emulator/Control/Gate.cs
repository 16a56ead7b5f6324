namespace Sluice.Emulator.Control;

/// <summary>Holds responses until it is opened; once open it stays open, also for calls that come later.</summary>
public sealed class Gate
{
    private readonly Lock _lock = new();
    private readonly List<(int Count, TaskCompletionSource Reached)> _watchers = [];
    private TaskCompletionSource _opened = NewSignal();
    private int _arrivals;
    private int _waiting;

    internal Gate(string name) => Name = name;

    public string Name { get; }

    public bool IsOpen => _opened.Task.IsCompleted;

    /// <summary>Responses held here now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Responses that ever reached this gate.</summary>
    public int Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>Lets everything through, now and later.</summary>
    public void Open() => _opened.TrySetResult();

    /// <summary>Holds what comes from now on.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (IsOpen) _opened = NewSignal();
        }
    }

    /// <summary>Completes when this many responses have reached the gate in all.</summary>
    /// <exception cref="TimeoutException">They did not within <paramref name="limit"/> of real time (default 15 s).</exception>
    public async Task WaitForArrivalAsync(int count = 1, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        var reached = NewSignal();
        lock (_lock)
        {
            if (_arrivals >= count) return;
            _watchers.Add((count, reached));
        }
        try
        {
            await reached.Task.WaitAsync(limit ?? CallLog.DefaultLimit, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Gate '{Name}' was reached by {Arrivals} responses, not {count}.", e);
        }
    }

    internal async Task PassAsync(CancellationToken cancellationToken)
    {
        Task opened;
        lock (_lock)
        {
            _arrivals++;
            opened = _opened.Task;
            foreach (var (count, reached) in _watchers)
            {
                if (_arrivals >= count) reached.TrySetResult();
            }
            _watchers.RemoveAll(w => _arrivals >= w.Count);
        }
        Interlocked.Increment(ref _waiting);
        try
        {
            await opened.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
