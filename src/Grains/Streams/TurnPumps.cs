using System.Collections.Concurrent;
using Sluice.Core.Log;

namespace Sluice.Grains.Streams;

/// <summary>All the subscriptions to turns of this silo, and their signs of life.</summary>
internal sealed class TurnPumps : IAsyncDisposable
{
    /// <summary>Between signs of life. Three missing, and the one who subscribed looks where the turn is now.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, TurnPump> _pumps = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<ITurnReceiver, Outbox> _outboxes = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly KeptReaders _kept;
    private readonly TimeProvider _time;
    private readonly Task _beating;

    public TurnPumps(KeptReaders kept, TimeProvider time)
    {
        (_kept, _time) = (kept, time);
        _beating = Task.Run(BeatAsync);
    }

    public void Start(Guid subscription, ITurnReader reader, ITurnReceiver receiver)
    {
        var outbox = Enter(receiver);
        var pump = new TurnPump(subscription, reader, outbox);
        _pumps[subscription] = pump;
        pump.Start(() =>
        {
            _pumps.TryRemove(subscription, out _);
            Leave(receiver, outbox);
        });
    }

    /// <summary>Returns when its reader has left the turn and nothing arrives any more.</summary>
    public async Task StopAsync(Guid subscription)
    {
        if (_pumps.TryGetValue(subscription, out var found))
        {
            await found.LeaveAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_pumps.Values.Select(pump => pump.LeaveAsync()));
        await _beating;
        _stopping.Dispose();
    }

    // Whoever subscribes again does not wait behind what is not answered.
    private Outbox Enter(ITurnReceiver receiver)
    {
        lock (_gate)
        {
            if (!_outboxes.TryGetValue(receiver, out var outbox) || outbox.IsStuck)
            {
                _outboxes[receiver] = outbox = new Outbox(receiver, _time);
            }

            outbox.Subscriptions++;
            return outbox;
        }
    }

    private void Leave(ITurnReceiver receiver, Outbox left)
    {
        lock (_gate)
        {
            if (--left.Subscriptions == 0)
            {
                ((ICollection<KeyValuePair<ITurnReceiver, Outbox>>)_outboxes).Remove(new(receiver, left));
            }
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(Beat, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                foreach (var pump in _pumps.Values)
                {
                    pump.Beat();
                }

                await _kept.SweepAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }
}
