namespace Sluice.Bench.Driver;

/// <summary>One gateway before, during and after an outage of its engine, as it is kept in the raw figures.</summary>
internal sealed record OutageFigures
{
    public const string Head = """
        | switched on | circuit open after s | calls/request while dead | failed p50 ms | refused p50 ms | refused p99 ms | answers again after s | not answered after its return |
        |---|---|---|---|---|---|---|---|
        """;

    public required string Precaution { get; init; }

    public required double DeadSeconds { get; init; }

    /// <summary>Requests of before the outage that were not answered with 200.</summary>
    public required long FailedBefore { get; init; }

    /// <summary>Requests that left during the outage.</summary>
    public required long Offered { get; init; }

    /// <summary>Of these, answered with 200: repeated until after it.</summary>
    public required long Answered { get; init; }

    public required long Failed { get; init; }

    /// <summary>Of these, answered with engine_circuit_open.</summary>
    public required long Refused { get; init; }

    /// <summary>What the engine was asked during the outage.</summary>
    public required long Calls { get; init; }

    /// <summary>From its beginning to the first refusal; null without one.</summary>
    public double? OpenedAfterSeconds { get; init; }

    public double? FailedP50Ms { get; init; }

    public double? RefusedP50Ms { get; init; }

    public double? RefusedP99Ms { get; init; }

    /// <summary>Requests that left after the outage.</summary>
    public required long OfferedAfter { get; init; }

    public required long FailedAfter { get; init; }

    /// <summary>From its end to the first 200.</summary>
    public double? AnsweredAgainAfterSeconds { get; init; }

    /// <summary>How late the load sent its requests.</summary>
    public double? LateP99Ms { get; init; }

    public override string ToString() =>
        $"| {Precaution} | {Table.Number(OpenedAfterSeconds)} | {Table.Number((double)Calls / Offered)} | {Table.Number(FailedP50Ms)} | {Table.Number(RefusedP50Ms)} | {Table.Number(RefusedP99Ms)} | {Table.Number(AnsweredAgainAfterSeconds)} | {FailedAfter} of {OfferedAfter} |";
}
