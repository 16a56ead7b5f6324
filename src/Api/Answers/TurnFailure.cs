using Sluice.Api.Problems;
using Sluice.Core.Turns;

namespace Sluice.Api.Answers;

/// <summary>Why a turn has no answer, in the words in which events and state tell it.</summary>
/// <param name="Code">Stable name, for programs.</param>
/// <param name="Message">For a person.</param>
internal sealed record TurnFailure(string Code, string Message)
{
    /// <summary>The engine cannot have started.</summary>
    public bool IsRetryable { get; private init; }

    /// <summary>Nobody can tell whether the engine ran the turn to its end.</summary>
    public bool IsUnknown { get; private init; }

    public int? UpstreamStatus { get; private init; }

    public TimeSpan? RetryAfter { get; private init; }

    public CancelReason? Cancelled { get; private init; }

    /// <summary>Null: it has its answer.</summary>
    public static TurnFailure? Of(TurnEnd end) => end switch
    {
        { Fault: { } fault } => new TurnFailure(fault.Code, ProblemTable.Describe(end, fault))
        {
            IsRetryable = ProblemTable.IsRetryable(end),
            IsUnknown = end.State == TurnState.Unknown,
            UpstreamStatus = fault.UpstreamStatus,
            RetryAfter = end.State == TurnState.Unknown ? null : fault.RetryAfter,
        },
        { Cancelled: { } reason } => new TurnFailure("cancelled", ProblemTable.Describe(reason)) { Cancelled = reason },
        _ => null,
    };
}
