using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Limits;

/// <summary>Counts requests per minute, project and region. A minute begins with the first request of a bucket.</summary>
internal sealed class QuotaBuckets(QuotaOptions? options, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Metric, string Project, string Location), (DateTimeOffset Began, int Count)> _buckets = [];

    private static readonly Metric Queries = new(
        "reasoning_engine_service_query_requests", "Query Reasoning Engine requests", "QueryReasoningEngineRequestsPerMinutePerProjectPerRegion", o => o.Queries);

    private static readonly Metric Appends = new(
        "session_service_append_event_requests", "Append Event requests", "AppendEventRequestsPerMinutePerProjectPerRegion", o => o.AppendedEvents);

    private static readonly Metric Writes = new(
        "session_service_write_requests", "Session write requests", "SessionWriteRequestsPerMinutePerProjectPerRegion", o => o.SessionWrites);

    private static readonly Metric Reads = new(
        "session_service_read_requests", "Session read requests", "SessionReadRequestsPerMinutePerProjectPerRegion", o => o.SessionReads);

    private static readonly Metric Unlimited = new("requests", "Requests", "RequestsPerMinutePerProjectPerRegion", _ => null);

    /// <summary>What a call of this kind is told beyond its quota.</summary>
    public static ApiError Exceeded(string verb, EngineName engine, int limit, TimeSpan? retryDelay) => MetricOf(verb).Exceeded(engine, limit, retryDelay);

    /// <summary>Null if the call is within its quota, which it then uses up by one.</summary>
    public ApiError? Take(string verb, EngineName engine)
    {
        if (options is null) return null;
        var metric = MetricOf(verb);
        if (metric.Limit(options) is not { } most) return null;

        lock (_lock)
        {
            var now = time.GetUtcNow();
            var key = (metric.Name, engine.ProjectNumber, engine.Location);
            var (began, count) = _buckets.GetValueOrDefault(key);
            if (now - began >= Window) (began, count) = (now, 0);
            if (count < most)
            {
                _buckets[key] = (began, count + 1);
                return null;
            }
            return metric.Exceeded(engine, most, options.SendRetryInfo ? began + Window - now : null);
        }
    }

    public void Clear()
    {
        lock (_lock) _buckets.Clear();
    }

    private static Metric MetricOf(string verb) => verb switch
    {
        Verb.Query or Verb.StreamQuery => Queries,
        Verb.SessionAppendEvent => Appends,
        Verb.SessionCreate or Verb.SessionPatch or Verb.SessionDelete => Writes,
        Verb.SessionGet or Verb.SessionList or Verb.SessionEvents => Reads,
        _ => Unlimited,
    };

    private sealed record Metric(string Name, string Title, string LimitName, Func<QuotaOptions, int?> Limit)
    {
        public ApiError Exceeded(EngineName engine, int limit, TimeSpan? retryDelay) => GoogleErrors.Quota(Title, Name, LimitName, limit, engine, retryDelay);
    }
}
