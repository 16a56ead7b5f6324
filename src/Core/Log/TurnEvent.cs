using Sluice.Core.Turns;

namespace Sluice.Core.Log;

public enum TurnEventKind : byte
{
    /// <summary>Sequence 1: the turn was accepted and has its cursor, before the engine is called.</summary>
    Started,

    /// <summary>One event of the engine.</summary>
    Delta,

    /// <summary>The last event of a turn that has its answer.</summary>
    Completed,

    /// <summary>The last event of a turn that failed, was cancelled, or whose end is unknown.</summary>
    Error,

    /// <summary>Not in the log: tells a reader that everything after its cursor up to this sequence is gone.</summary>
    Gap,
}

/// <summary>One numbered thing that happened in a turn. Sequences start at 1 and have no gaps.</summary>
public readonly struct TurnEvent
{
    public required long Sequence { get; init; }

    public required TurnEventKind Kind { get; init; }

    /// <summary>For <see cref="TurnEventKind.Delta"/>: the engine's event, one JSON value as it came.</summary>
    public ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>For <see cref="TurnEventKind.Delta"/>: its text as a JSON string literal, quotes included; empty when it has none.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>For <see cref="TurnEventKind.Gap"/>: nothing has these numbers here. Who has read all before it has missed nothing, unless it was shown events under them elsewhere.</summary>
    public bool IsLeap { get; init; }

    /// <summary>For <see cref="TurnEventKind.Completed"/> and <see cref="TurnEventKind.Error"/>.</summary>
    public TurnEnd? End { get; init; }
}
