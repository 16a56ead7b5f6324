using Sluice.Core.Engines;

namespace Sluice.Core.Turns;

public enum TurnState : byte
{
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,

    /// <summary>It cannot be told whether the engine ran the turn to its end: see <see cref="EngineFault.LeavesTurnUnknown"/>.</summary>
    Unknown,
}

/// <summary>Why a turn was cancelled.</summary>
public enum CancelReason : byte
{
    /// <summary>The caller said so.</summary>
    Requested,

    /// <summary>No reader came back within the grace period.</summary>
    Abandoned,

    /// <summary>A later request with <see cref="BusyPolicy.Interrupt"/>.</summary>
    Interrupted,

    /// <summary>Its session was forgotten.</summary>
    Forgotten,

    /// <summary>The host is stopping.</summary>
    Stopping,
}

/// <summary>How a turn ended. The last event of every turn carries exactly one.</summary>
public sealed record TurnEnd
{
    public required TurnState State { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>What went wrong, for <see cref="TurnState.Failed"/> and <see cref="TurnState.Unknown"/>.</summary>
    public EngineFault? Fault { get; init; }

    /// <summary>For <see cref="TurnState.Cancelled"/>.</summary>
    public CancelReason? Cancelled { get; init; }

    /// <summary>What the events make together, for <see cref="TurnState.Completed"/>.</summary>
    public AnswerShape Answer { get; init; }

    /// <summary>The model's own reason, such as <c>STOP</c> or <c>MAX_TOKENS</c>, when the engine tells it.</summary>
    public string? FinishReason { get; init; }

    public TokenUsage? Usage { get; init; }

    /// <summary>Null: no engine was reached.</summary>
    public ServedBy? ServedBy { get; init; }
}
