namespace Sluice.Bench.Driver;

/// <summary>One gateway in front of an engine that fails a share of its calls, as it is kept in the raw figures.</summary>
internal sealed record GoodputFigures
{
    public const string Head = """
        | calls that fail | switched on | answered | calls/request | answered p50 ms | answered p99 ms | refused by the circuit | refused p50 ms |
        |---|---|---|---|---|---|---|---|
        """;

    public required int Percent { get; init; }

    public required string Precaution { get; init; }

    public required long Offered { get; init; }

    /// <summary>Answered with 200.</summary>
    public required long Answered { get; init; }

    /// <summary>Answered with engine_circuit_open.</summary>
    public required long Refused { get; init; }

    public required long Failed { get; init; }

    public required long Unanswered { get; init; }

    /// <summary>What the engine was asked for them.</summary>
    public required long Calls { get; init; }

    public double? AnsweredP50Ms { get; init; }

    public double? AnsweredP99Ms { get; init; }

    public double? RefusedP50Ms { get; init; }

    /// <summary>How late the load sent its requests.</summary>
    public double? LateP99Ms { get; init; }

    public string? FirstFailure { get; init; }

    public override string ToString() =>
        $"| {Percent} % | {Precaution} | {Table.Share(Answered, Offered)} | {Table.Number((double)Calls / Offered)} | {Table.Number(AnsweredP50Ms)} | {Table.Number(AnsweredP99Ms)} | {Table.Share(Refused, Offered)} | {Table.Number(RefusedP50Ms)} |";
}
