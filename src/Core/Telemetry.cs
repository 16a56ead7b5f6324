using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Limits;
using Sluice.Core.Turns;

namespace Sluice.Core;

/// <summary>What Core shows to tracing and metrics. Never prompt or answer text.</summary>
public static class Telemetry
{
    /// <summary>Name of every activity source and meter of the product.</summary>
    public const string SourceName = "Sluice";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly Meter Meter = new(SourceName);

    private static readonly Counter<long> Fallbacks =
        Meter.CreateCounter<long>("sluice.fallbacks", "{turn}", "Turns in which something stood in for their engine, by engine and kind.");

    private static readonly Counter<long> CacheRequests =
        Meter.CreateCounter<long>("sluice.cache.requests", "{turn}", "Turns given to an engine that has a cache, by engine and what the cache did.");

    private static readonly Counter<long> CacheEvictions =
        Meter.CreateCounter<long>("sluice.cache.evictions", "{answer}", "Answers that were dropped at the cache's bounds.");

    private static readonly ConcurrentDictionary<AnswerCache, byte> Caches = new();

    private static readonly UpDownCounter<long> WaitingTurns =
        Meter.CreateUpDownCounter<long>("sluice.turns.waiting", "{turn}", "Turns that wait in their sessions for the turns before them.");

    private static readonly Counter<long> Limitings =
        Meter.CreateCounter<long>("sluice.limits.refused", "{request}", "Requests and turns that a limit refused, by policy; turns that one ended while they ran included.");

    static Telemetry()
    {
        Meter.CreateObservableUpDownCounter("sluice.cache.entries", () => Caches.Keys.Sum(cache => (long)cache.Count), "{answer}", "Answers kept.");
        Meter.CreateObservableUpDownCounter("sluice.cache.bytes", () => Caches.Keys.Sum(cache => cache.Bytes), "By", "Bytes of answers kept, with what is kept around them.");
    }

    /// <summary>The span of one turn, child of the request that brought it (OpenTelemetry GenAI semantic conventions).</summary>
    internal static Activity? StartTurn(Turn turn)
    {
        var activity = Source.StartActivity("turn");
        if (activity is { IsAllDataRequested: true })
        {
            activity.AddTag("gen_ai.conversation.id", turn.Session.Value);
            activity.AddTag("sluice.turn.id", turn.Id.ToString());
        }

        return activity;
    }

    internal static void EndTurn(Activity activity, TurnEnd end)
    {
        if (activity.IsAllDataRequested)
        {
            activity.AddTag("sluice.turn.outcome", OutcomeOf(end.State));
            if (end.Fault is { } fault)
            {
                activity.AddTag("error.type", FaultTable.Of(fault.Kind).Code);
                activity.SetStatus(ActivityStatusCode.Error);
            }
        }

        activity.Dispose();
    }

    /// <param name="engine">Configured name of the engine that was asked.</param>
    /// <param name="kind">What stood in for it.</param>
    internal static void FellBack(string engine, string kind) => Fallbacks.Add(1, new("sluice.engine.name", engine), new("sluice.fallback", kind));

    /// <param name="engine">Configured name of the engine that was asked, or would have been.</param>
    /// <param name="outcome">What the cache did.</param>
    internal static void Cached(string engine, CacheOutcome outcome) => CacheRequests.Add(1, new("sluice.engine.name", engine), new("sluice.cache.outcome", NameOf(outcome)));

    internal static void Evicted() => CacheEvictions.Add(1);

    /// <summary>Counts what is in it, until disposed of.</summary>
    internal static IDisposable Watch(AnswerCache cache)
    {
        Caches.TryAdd(cache, 0);
        return new Watched(cache);
    }

    /// <summary>What a cache did as a label: one of five words.</summary>
    public static string NameOf(CacheOutcome outcome) => outcome switch
    {
        CacheOutcome.Hit => "hit",
        CacheOutcome.Stale => "stale",
        CacheOutcome.Joined => "joined",
        CacheOutcome.Miss => "miss",
        _ => "bypass",
    };

    /// <summary>So many turns more, or less, wait in their sessions.</summary>
    internal static void Waiting(int change)
    {
        if (change != 0)
        {
            WaitingTurns.Add(change);
        }
    }

    /// <summary>The policy is one of those that are configured, and says nothing of whom it refused.</summary>
    internal static void Limited(Quota quota, string reason) => Limitings.Add(1, new("sluice.limit.policy", quota.Name), new("sluice.limit.reason", reason));

    /// <summary>The outcome as a label: one of six words.</summary>
    public static string OutcomeOf(TurnState state) => state switch
    {
        TurnState.Queued => "queued",
        TurnState.Running => "running",
        TurnState.Completed => "completed",
        TurnState.Failed => "failed",
        TurnState.Cancelled => "cancelled",
        _ => "unknown",
    };

    private sealed class Watched(AnswerCache cache) : IDisposable
    {
        public void Dispose() => Caches.TryRemove(cache, out _);
    }
}
