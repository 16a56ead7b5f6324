namespace Sluice.Bench.Engine;

/// <summary>What the stub has seen since it started.</summary>
internal sealed record EngineStatistics
{
    public long Queries { get; set; }

    public long Streams { get; set; }

    public long Events { get; set; }

    /// <summary>Streams whose reader left before their last event.</summary>
    public long StreamsAbandoned { get; set; }

    public long TraceExports { get; set; }

    public long TraceBytes { get; set; }

    public long Unknown { get; set; }
}
