using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>
/// What this silo sends to one other process: the events of all the turns that are read there, as many of them in a call as are ready. A call costs much the same whatever it brings, and while
/// one is under way more becomes ready; so the busier the two are, the less an event costs.
/// </summary>
internal sealed class Outbox
{
    /// <summary>A second call goes out while the first is under way, so that what has just come need not wait for an answer. With more, each brings less.</summary>
    private const int MostCalls = 2;

    /// <summary>Events of one turn in one call: one that brings much lets the others go first.</summary>
    private const int MostOfOne = 128;

    /// <summary>After so many bytes nothing more is put into a call.</summary>
    private const int EnoughBytes = 256 * 1024;

    /// <summary>After so many events nothing more is put into a call.</summary>
    private const int EnoughEvents = 1024;

    /// <summary>A call that is not answered for so long may never be: a process that is gone takes its time to be found out.</summary>
    private static readonly TimeSpan Patience = TurnPumps.Beat * 2;

    private readonly ITurnReceiver _receiver;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Queue<TurnPump> _ready = new();
    private readonly Stack<Call> _free = new();
    private int _looking; // Calls that have been answered, and look for what is ready.
    private long _answeredAt;

    public Outbox(ITurnReceiver receiver, TimeProvider time)
    {
        (_receiver, _time) = (receiver, time);
        while (_free.Count < MostCalls)
        {
            _free.Push(new Call(this));
        }
    }

    /// <summary>How many there are to send for. Kept by its owner.</summary>
    public int Subscriptions { get; set; }

    /// <summary>Whether what is added now may wait for the answer of a process that is gone.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_gate)
            {
                return _free.Count == 0 && _time.GetElapsedTime(_answeredAt) >= Patience;
            }
        }
    }

    /// <summary>Has a pump's events taken and sent when there is room, and the pump told. It is not added again before that.</summary>
    public void Add(TurnPump pump)
    {
        Call? call;
        lock (_gate)
        {
            _ready.Enqueue(pump);
            if (_looking > 0 || !_free.TryPop(out call))
            {
                return;
            }

            _answeredAt = _time.GetTimestamp();
        }

        // Not on the thread of the one who appends: it has the next event to read.
        ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
    }

    // Null: nothing is ready. A call that has nothing to bring then is not made, and free.
    private TurnPump? Next(Call call, bool isEmpty)
    {
        lock (_gate)
        {
            if (_ready.TryDequeue(out var pump))
            {
                return pump;
            }

            if (isEmpty)
            {
                _free.Push(call);
            }

            return null;
        }
    }

    private void BeginLooking()
    {
        lock (_gate)
        {
            _answeredAt = _time.GetTimestamp();
            _looking++;
        }
    }

    private void EndLooking()
    {
        lock (_gate)
        {
            _looking--;
        }
    }

    /// <summary>One call, made again and again while there is something to send.</summary>
    private sealed class Call(Outbox outbox) : IThreadPoolWorkItem
    {
        private readonly TurnEvent[] _buffer = new TurnEvent[MostOfOne];
        private readonly List<TurnPump> _pumps = [];
        private readonly List<TurnDelivery> _deliveries = [];

        public void Execute() => _ = RunAsync();

        // Never fails: whatever a call fails with is told to those it was made for.
        private async Task RunAsync()
        {
            while (Take())
            {
                Guid[] unwanted = [];
                Exception? failure = null;
                try
                {
                    unwanted = await outbox._receiver.OnNextAsync([.. _deliveries]);
                }
                catch (Exception e)
                {
                    failure = e;
                }

                outbox.BeginLooking();
                foreach (var pump in _pumps)
                {
                    if (failure is null)
                    {
                        pump.Answer(isWanted: !unwanted.Contains(pump.Subscription));
                    }
                    else
                    {
                        pump.Fail(failure);
                    }
                }

                // What has been sent is not kept alive from here.
                _pumps.Clear();
                _deliveries.Clear();
                outbox.EndLooking();
            }
        }

        // False: nothing is ready, and this may be under way again already, for what has become ready since.
        private bool Take()
        {
            var (events, bytes) = (0, 0);
            while (events < EnoughEvents && bytes < EnoughBytes)
            {
                var isEmpty = _pumps.Count == 0;
                if (outbox.Next(this, isEmpty) is not { } pump)
                {
                    return !isEmpty;
                }

                if (!pump.TryTake(_buffer, out var delivery))
                {
                    pump.Answer(isWanted: true);
                    continue;
                }

                var part = delivery.Part.Events;
                _buffer.AsSpan(0, part.Length).Clear();
                _pumps.Add(pump);
                _deliveries.Add(delivery);
                events += part.Length;
                foreach (var e in part)
                {
                    bytes += e.Raw.Length + e.Text.Length;
                }
            }

            return true;
        }
    }
}
