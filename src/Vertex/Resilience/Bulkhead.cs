using Sluice.Core.Time;

namespace Sluice.Vertex.Resilience;

/// <summary>
/// Bounds the turns at one engine. A few more wait, in order and for a short time; behind them the newest is refused at once: a slow engine keeps its own turns
/// waiting and nothing else.
/// </summary>
internal sealed class Bulkhead(ResilienceOptions options, Pulse pulse)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private int _inUse;

    public int InUse => Volatile.Read(ref _inUse);

    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>True when the turn may go on, then with a <see cref="Leave"/> at its end; false when there is no room, or none in time.</summary>
    public ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_inUse < options.MaxCalls)
            {
                _inUse++;
                return ValueTask.FromResult(true);
            }

            if (_waiting.Count >= options.MaxWaiting)
            {
                return ValueTask.FromResult(false);
            }

            waiter = new Waiter(this, pulse.After(options.MaxWait));
            _waiting.AddLast(waiter.Node);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>A turn has left. Its place goes to the one that waited longest.</summary>
    public void Leave()
    {
        Waiter? next;
        lock (_gate)
        {
            next = _waiting.First?.Value;
            if (next is null)
            {
                _inUse--;
                return;
            }

            _waiting.RemoveFirst();
        }

        next.End.TrySetResult(true);
    }

    private async ValueTask<bool> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        pulse.Add(waiter);
        try
        {
            await using var registration = cancellationToken.UnsafeRegister(static waiter => ((Waiter)waiter!).GiveUp(), waiter);
            var isIn = await waiter.End.Task;
            if (!isIn)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return isIn;
        }
        finally
        {
            pulse.Remove(waiter);
        }
    }

    private sealed class Waiter : Pulsed
    {
        private readonly Bulkhead _bulkhead;
        private readonly long _until;

        public Waiter(Bulkhead bulkhead, long until)
        {
            (_bulkhead, _until) = (bulkhead, until);
            Node = new LinkedListNode<Waiter>(this);
        }

        public LinkedListNode<Waiter> Node { get; }

        // The one who leaves goes on with its own end, not with this turn.
        public TaskCompletionSource<bool> End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // Whoever takes it out of the list decides how the waiting ends.
        public void GiveUp()
        {
            lock (_bulkhead._gate)
            {
                if (Node.List is null)
                {
                    return;
                }

                _bulkhead._waiting.Remove(Node);
            }

            End.TrySetResult(false);
        }

        protected override void OnPulse(long now)
        {
            if (now >= _until)
            {
                GiveUp();
            }
        }
    }
}
