using Sluice.Core.Engines;
using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>A turn as it was at one moment.</summary>
public sealed record TurnSnapshot
{
    public required TurnId Turn { get; init; }

    public required SessionId Session { get; init; }

    public required TurnState State { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Sequence of the newest event.</summary>
    public required long LastSequence { get; init; }

    public TurnEnd? End { get; init; }
}

/// <summary>A session as it was at one moment, its turns in order; the oldest ones may have been dropped.</summary>
public sealed record SessionSnapshot
{
    public required SessionId Session { get; init; }

    public string? UserId { get; init; }

    /// <summary>One for each engine that keeps a session for this one.</summary>
    public IReadOnlyList<EngineSession> EngineSessions { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastActivityAt { get; init; }

    public required IReadOnlyList<TurnSnapshot> Turns { get; init; }
}
