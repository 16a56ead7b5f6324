using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>A turn that a process holds.</summary>
/// <param name="Session">Its session.</param>
/// <param name="Turn">Which.</param>
/// <param name="Epoch">Under which the session is held.</param>
public readonly record struct HeldTurn(SessionKey Session, TurnId Turn, long Epoch);

/// <summary>What a running turn has brought since the last time.</summary>
public sealed record TurnProgress
{
    public required HeldTurn Turn { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null: none.</summary>
    public StoredEvents? Events { get; init; }

    /// <summary>Sequence of the oldest event the turn's log holds; batches that lie before it are not needed any more.</summary>
    public long FirstRetained { get; init; }

    /// <summary>All of the session's, when one of them has changed; null: none has.</summary>
    public IReadOnlyList<EngineSession>? EngineSessions { get; init; }
}

/// <summary>How a turn ended, and what is known of it only then.</summary>
/// <param name="End">The last event.</param>
/// <param name="LastSequence">Its sequence.</param>
/// <param name="StartedAt">When the engine was given the turn; null: it was not.</param>
public sealed record StoredEnd(TurnEnd End, long LastSequence, DateTimeOffset? StartedAt);
