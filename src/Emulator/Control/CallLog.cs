namespace Sluice.Emulator.Control;

/// <summary>The last calls, and those who wait for one to begin, change or end.</summary>
internal sealed class CallLog(TimeProvider time, int retained)
{
    /// <summary>How long a test waits for what never comes, in real time.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Queue<Call> _calls = new();
    private readonly List<Watcher> _watchers = [];
    private long _number;
    private volatile bool _watched;

    public Call Begin(string verb, HttpContext http)
    {
        var call = new Call(this, Interlocked.Increment(ref _number), verb, http, time.GetUtcNow());
        lock (_lock)
        {
            _calls.Enqueue(call);
            if (_calls.Count > retained) _calls.Dequeue();
            Notify(call);
        }
        return call;
    }

    public IReadOnlyList<CallRecord> Snapshot()
    {
        lock (_lock) return [.. _calls.Select(c => c.Snapshot())];
    }

    public void Clear()
    {
        lock (_lock)
        {
            _calls.Clear();
            _number = 0;
        }
    }

    public void Change(Call call, Action change)
    {
        lock (_lock)
        {
            change();
            Notify(call);
        }
    }

    public void Touch(Call call)
    {
        if (!_watched) return;
        lock (_lock) Notify(call);
    }

    public async Task<CallRecord> WaitAsync(Func<CallRecord, bool> where, int nth, TimeSpan? limit, CancellationToken cancellationToken)
    {
        var watcher = new Watcher(where, nth);
        lock (_lock)
        {
            foreach (var call in _calls)
            {
                if (watcher.Accepts(call)) return call.Snapshot();
            }
            _watchers.Add(watcher);
            _watched = true;
        }
        try
        {
            return await watcher.Found.Task.WaitAsync(limit ?? DefaultLimit, cancellationToken);
        }
        catch (TimeoutException e)
        {
            var seen = string.Join("\n", Snapshot().TakeLast(20).Select(c =>
                $"  #{c.Number} {c.Verb} {c.ClassMethod} '{c.Message}' {c.Outcome} status {c.Status} events {c.EventsSent}"));
            throw new TimeoutException($"No such call was seen (wanted number {nth}). The last calls:\n{seen}", e);
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(watcher);
                _watched = _watchers.Count > 0;
            }
        }
    }

    private void Notify(Call call)
    {
        for (var i = _watchers.Count - 1; i >= 0; i--)
        {
            if (!_watchers[i].Accepts(call)) continue;
            _watchers[i].Found.TrySetResult(call.Snapshot());
            _watchers.RemoveAt(i);
        }
    }

    private sealed class Watcher(Func<CallRecord, bool> where, int nth)
    {
        private readonly HashSet<Call> _matched = [];

        public TaskCompletionSource<CallRecord> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Accepts(Call call) => where(call.Snapshot()) && _matched.Add(call) && _matched.Count == nth;
    }
}
