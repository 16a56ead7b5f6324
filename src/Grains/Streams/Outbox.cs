using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>
/// What this silo sends to one other process: the events of all the turns that are read there, as many of them in a call as are ready. A call costs much the same whatever it brings, and while
/// one is under way more becomes ready; so the busier the two are, the less an event costs.
/// </summary>
internal sealed class Outbox(ITurnReceiver receiver, TimeProvider time) : IThreadPoolWorkItem
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

    private readonly Lock _gate = new();
    private readonly Queue<TurnPump> _ready = new();
    private int _calls;
    private int _looking; // Calls that have ended, and will look for what is ready.
    private long _answeredAt;

    /// <summary>How many there are to send for. Kept by its owner.</summary>
    public int Subscriptions { get; set; }

    /// <summary>Whether what is added now may wait for the answer of a process that is gone.</summary>
    public bool IsStuck
    {
        get
        {
            lock (_gate)
            {
                return _calls == MostCalls && time.GetElapsedTime(_answeredAt) >= Patience;
            }
        }
    }

    /// <summary>Has a pump's events taken and sent when there is room, and the pump told. It is not added again before that.</summary>
    public void Add(TurnPump pump)
    {
        lock (_gate)
        {
            _ready.Enqueue(pump);
            if (_calls == MostCalls || _looking > 0)
            {
                return;
            }

            _calls++;
            _answeredAt = time.GetTimestamp();
        }

        // Not on the thread of the one who appends: it has the next event to read.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync();

    // Never fails: whatever a call fails with is told to those it was made for.
    private async Task SendAsync()
    {
        var buffer = new TurnEvent[MostOfOne];
        var pumps = new List<TurnPump>();
        var deliveries = new List<TurnDelivery>();
        while (Take(buffer, pumps, deliveries))
        {
            Guid[] unwanted = [];
            Exception? failure = null;
            try
            {
                unwanted = await receiver.OnNextAsync([.. deliveries]);
            }
            catch (Exception e)
            {
                failure = e;
            }

            lock (_gate)
            {
                _answeredAt = time.GetTimestamp();
                _looking++;
            }

            foreach (var pump in pumps)
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

            lock (_gate)
            {
                _looking--;
            }
        }
    }

    // False: there is nothing to send any more, and the call that could have been made with it is given up.
    private bool Take(Span<TurnEvent> buffer, List<TurnPump> pumps, List<TurnDelivery> deliveries)
    {
        pumps.Clear();
        deliveries.Clear();
        var (events, bytes) = (0, 0);
        while (events < EnoughEvents && bytes < EnoughBytes && TryDequeue(isLast: pumps.Count == 0) is { } pump)
        {
            if (!pump.TryTake(buffer, out var delivery))
            {
                pump.Answer(isWanted: true);
                continue;
            }

            pumps.Add(pump);
            deliveries.Add(delivery);
            events += delivery.Part.Events.Length;
            foreach (var e in delivery.Part.Events)
            {
                bytes += e.Raw.Length + e.Text.Length;
            }
        }

        return pumps.Count > 0;
    }

    private TurnPump? TryDequeue(bool isLast)
    {
        lock (_gate)
        {
            if (_ready.TryDequeue(out var pump))
            {
                return pump;
            }

            if (isLast)
            {
                _calls--;
            }

            return null;
        }
    }
}
