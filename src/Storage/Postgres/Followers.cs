using System.Collections.Concurrent;
using System.Diagnostics;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>Which other processes follow turns that this one writes, for as long as they say it again.</summary>
/// <param name="waker">Wakes them.</param>
internal sealed class Followers(Waker waker)
{
    /// <summary>Turns that are known to be followed. At the bound no more are: their followers look by themselves.</summary>
    private const int MostTurns = 50_000;

    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(5);

    // A turn has few followers: a short list that is replaced and never changed.
    private readonly ConcurrentDictionary<TurnId, (int Node, long At)[]> _turns = new();
    private long _sweptAt = Stopwatch.GetTimestamp();

    /// <summary>
    /// Somebody looked at how far a turn is, and wants to be woken for what comes. What came since that look nobody woke him for: a new one is woken once at once.
    /// </summary>
    public void Add(int node, TurnId turn)
    {
        var now = Stopwatch.GetTimestamp();
        Sweep(now);
        if (_turns.Count >= MostTurns && !_turns.ContainsKey(turn))
        {
            return;
        }

        var isNew = true;
        _turns.AddOrUpdate(
            turn,
            _ => [(node, now)],
            (_, known) =>
            {
                isNew = !Array.Exists(known, follower => follower.Node == node && !IsOver(follower.At, now));
                return [.. known.Where(other => other.Node != node && !IsOver(other.At, now)), (node, now)];
            });
        if (isNew)
        {
            waker.TurnMoved(node, turn);
        }
    }

    /// <summary>The turn has something new.</summary>
    public void Wake(TurnId turn)
    {
        if (_turns.IsEmpty || !_turns.TryGetValue(turn, out var followers))
        {
            return;
        }

        var now = Stopwatch.GetTimestamp();
        foreach (var (node, at) in followers)
        {
            if (!IsOver(at, now))
            {
                waker.TurnMoved(node, turn);
            }
        }
    }

    /// <summary>The turn has its end, or is another's.</summary>
    public void WakeAtLast(TurnId turn)
    {
        Wake(turn);
        _turns.TryRemove(turn, out _);
    }

    private static bool IsOver(long at, long now) => Stopwatch.GetElapsedTime(at, now) >= Expiry;

    private void Sweep(long now)
    {
        var before = Volatile.Read(ref _sweptAt);
        if (!IsOver(before, now) || Interlocked.CompareExchange(ref _sweptAt, now, before) != before)
        {
            return;
        }

        foreach (var (turn, followers) in _turns)
        {
            if (Array.TrueForAll(followers, follower => IsOver(follower.At, now)))
            {
                _turns.TryRemove(KeyValuePair.Create(turn, followers));
            }
        }
    }
}
