using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.Grains.Streams;

namespace Sluice.Grains;

/// <summary>The turns of other processes that are read in this one.</summary>
internal sealed class FollowedTurns(TurnStreams streams, StoredSessionHost here, SessionLimits limits, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>A turn that is not found for so long is for its readers to look for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<TurnId, FollowedTurn> _turns = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task? _watching;
    private bool _hasLeft;

    /// <summary>Opens a reader; it is there before the turn can be taken for one that nobody reads.</summary>
    public async Task<ITurnReader> OpenAsync(SessionKey session, TurnId turn, long cursor, ReadInterest interest)
    {
        ITurnReader reader;
        FollowedTurn? followed;
        var isNew = false;
        lock (_gate)
        {
            if (!_turns.TryGetValue(turn, out followed))
            {
                var stream = streams.GetStream<TurnPart>(TurnStreams.IdOf(session, turn));
                followed = new FollowedTurn(stream, new TurnCopy(session.Session, turn, limits), time);
                if (_hasLeft)
                {
                    followed.Copy.Move();
                }
                else
                {
                    _turns.Add(turn, followed);
                    _watching ??= Task.Run(WatchAsync);
                    isNew = true;
                }
            }

            reader = new FollowingReader(followed.Copy.Open(cursor, interest), () => LeaveAsync(turn, followed));
        }

        if (isNew)
        {
            await followed.ConnectAsync();
        }

        return reader;
    }

    /// <summary>Returns when all that is followed has its end here, or at the deadline.</summary>
    public async Task EndedAsync(CancellationToken deadline)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (Snapshot().Any(turn => turn.Value.Copy.End is null))
            {
                await timer.WaitForNextTickAsync(deadline);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // What is left goes on elsewhere.
        }
    }

    /// <summary>Nothing is followed any more: readers find their turns from another node.</summary>
    public async Task LeaveAsync()
    {
        List<FollowedTurn> left;
        lock (_gate)
        {
            _hasLeft = true;
            left = [.. _turns.Values];
            _turns.Clear();
        }

        foreach (var followed in left)
        {
            followed.Copy.Move();
        }

        await Task.WhenAll(left.Select(followed => followed.LeaveAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await (_watching ?? Task.CompletedTask);
        await LeaveAsync();
        _stopping.Dispose();
    }

    private async Task LeaveAsync(TurnId turn, FollowedTurn followed)
    {
        lock (_gate)
        {
            if (followed.Copy.HasReaders || !((ICollection<KeyValuePair<TurnId, FollowedTurn>>)_turns).Remove(new(turn, followed)))
            {
                return;
            }
        }

        await followed.LeaveAsync();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                foreach (var (turn, followed) in Snapshot())
                {
                    if (followed.Quiet < Patience)
                    {
                        // A silo that stops looks for nothing: it would be where the session is placed.
                        if (!here.IsStopping)
                        {
                            followed.Look();
                        }

                        continue;
                    }

                    followed.Copy.Move();
                    lock (_gate)
                    {
                        _turns.Remove(turn);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private KeyValuePair<TurnId, FollowedTurn>[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _turns];
        }
    }
}
