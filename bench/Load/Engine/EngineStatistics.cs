using System.Text.Json.Serialization;

namespace Sluice.Bench.Engine;

/// <summary>What the stub has seen since it started.</summary>
internal sealed record EngineStatistics
{
    /// <summary>Calls answered 503. They are not among the queries and streams.</summary>
    public long Failed { get; set; }

    public long Queries { get; set; }

    public long Streams { get; set; }

    public long Events { get; set; }

    /// <summary>Streams whose reader left before their last event.</summary>
    public long StreamsAbandoned { get; set; }

    /// <summary>All that the gateway asked of the agent.</summary>
    [JsonIgnore]
    public long Calls => Failed + Queries + Streams;

    public long TraceExports { get; set; }

    public long TraceBytes { get; set; }

    public long Unknown { get; set; }
}
