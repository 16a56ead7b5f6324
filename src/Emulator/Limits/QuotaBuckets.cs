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

    /// <summary>Null if the call is within its quota, which it then uses up by one.</summary>
    public ApiError? Take(string verb, EngineName engine)
    {
        if (options is null) return null;
        var (metric, title, limitName, limit) = verb switch
        {
            Verb.Query or Verb.StreamQuery => (
                "reasoning_engine_service_query_requests", "Query Reasoning Engine requests",
                "QueryReasoningEngineRequestsPerMinutePerProjectPerRegion", options.Queries),
            Verb.SessionAppendEvent => (
                "session_service_append_event_requests", "Append Event requests",
                "AppendEventRequestsPerMinutePerProjectPerRegion", options.AppendedEvents),
            Verb.SessionCreate or Verb.SessionPatch or Verb.SessionDelete => (
                "session_service_write_requests", "Session write requests",
                "SessionWriteRequestsPerMinutePerProjectPerRegion", options.SessionWrites),
            _ => ("", "", "", null),
        };
        if (limit is not { } most) return null;

        lock (_lock)
        {
            var now = time.GetUtcNow();
            var key = (metric, engine.ProjectNumber, engine.Location);
            var (began, count) = _buckets.GetValueOrDefault(key);
            if (now - began >= Window) (began, count) = (now, 0);
            if (count < most)
            {
                _buckets[key] = (began, count + 1);
                return null;
            }
            return GoogleErrors.Quota(title, metric, limitName, most, engine, options.SendRetryInfo ? began + Window - now : null);
        }
    }

    public void Clear()
    {
        lock (_lock) _buckets.Clear();
    }
}
