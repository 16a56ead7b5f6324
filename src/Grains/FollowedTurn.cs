using Orleans.Streams;
using Sluice.Core.Log;
using Sluice.Core.Turns;
using Sluice.Grains.Streams;

namespace Sluice.Grains;

/// <summary>
/// A turn that runs in another process and has readers in this one: one subscription and one copy of its log, however many read it. What is lost on the way, or with the silo it came from, is
/// asked for again behind the last event that is here.
/// </summary>
internal sealed class FollowedTurn(IAsyncStream<TurnPart> stream, TurnCopy copy, TimeProvider time) : IAsyncObserver<TurnPart>
{
    /// <summary>One attempt to subscribe: a call to a silo that is gone is not answered.</summary>
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(5);

    /// <summary>Nothing heard for so long, and it is looked for.</summary>
    private static readonly TimeSpan Silence = TurnPumps.Beat * 3;

    private readonly SemaphoreSlim _changing = new(1, 1);
    private StreamSubscriptionHandle<TurnPart>? _subscription;
    private Task _connecting = Task.CompletedTask;

    // Subscriptions that came about when they were not waited for any more: each would be there beside the next until the turn's end.
    private Task _late = Task.CompletedTask;
    private long _heardAt = time.GetTimestamp();
    private volatile bool _isLost = true;
    private volatile bool _hasLeft;

    public TurnCopy Copy => copy;

    /// <summary>How long nothing has been heard of it.</summary>
    public TimeSpan Quiet => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>Subscribes again if what it has is not to be trusted any more.</summary>
    public void Look()
    {
        if (copy.End is null && (_isLost || Quiet >= Silence) && _connecting.IsCompleted)
        {
            _connecting = ConnectAsync();
        }
    }

    public async Task ConnectAsync()
    {
        await _changing.WaitAsync();
        try
        {
            if (_hasLeft || copy.End is not null)
            {
                return;
            }

            _isLost = false;
            var after = new TurnSequence(copy.LastSequence);
            _subscription = _subscription is { } earlier ? await earlier.ResumeAsync(this, after).WaitAsync(Attempt, time) : await SubscribeAsync(after);
        }
        catch (Exception e) when (Transient.Is(e))
        {
            // Looked for again.
            _isLost = true;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Nobody reads it here any more.</summary>
    public async Task LeaveAsync()
    {
        _hasLeft = true;
        await _changing.WaitAsync();
        try
        {
            if (_subscription is { } left)
            {
                await left.UnsubscribeAsync().WaitAsync(Attempt, time);
            }
        }
        catch (Exception e) when (Transient.Is(e))
        {
            // At its next sign of life the other side hears that nobody is here.
        }
        finally
        {
            _changing.Release();
        }
    }

    public Task OnNextAsync(TurnPart item, StreamSequenceToken? token = null)
    {
        switch (item.Kind)
        {
            case PartKind.Events:
                Volatile.Write(ref _heardAt, time.GetTimestamp());
                if (!copy.TryAppend(item.Events))
                {
                    _isLost = true;
                }

                break;
            case PartKind.Moved:
                _isLost = true;
                break;
            default:
                // Its session was forgotten, which cancels what runs in it.
                copy.Complete(new TurnEnd { State = TurnState.Cancelled, At = time.GetUtcNow(), Cancelled = CancelReason.Forgotten });
                break;
        }

        return Task.CompletedTask;
    }

    public Task OnErrorAsync(Exception ex)
    {
        _isLost = true;
        return Task.CompletedTask;
    }

    private async Task<StreamSubscriptionHandle<TurnPart>> SubscribeAsync(TurnSequence after)
    {
        var subscribing = stream.SubscribeAsync(this, after);
        try
        {
            return await subscribing.WaitAsync(Attempt, time);
        }
        catch (TimeoutException)
        {
            _late = Task.WhenAll(_late, EndAsync(subscribing));
            throw;
        }
    }

    private static async Task EndAsync(Task<StreamSubscriptionHandle<TurnPart>> late)
    {
        try
        {
            await (await late).UnsubscribeAsync();
        }
        catch (Exception e) when (Transient.Is(e))
        {
            // There is none, or its silo hears with the next event that nobody is here.
        }
    }
}
