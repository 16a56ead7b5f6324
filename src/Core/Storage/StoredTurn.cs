using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>A turn as it is kept, without its events.</summary>
public sealed record StoredTurn
{
    public required SessionKey Session { get; init; }

    public required TurnId Turn { get; init; }

    public required TurnState State { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Sequence of the newest event that is kept.</summary>
    public required long LastSequence { get; init; }

    public TurnEnd? End { get; init; }

    public IdempotencyKey? Key { get; init; }

    public TurnSnapshot Snapshot() => new()
    {
        Turn = Turn,
        Session = Session.Session,
        State = State,
        AcceptedAt = AcceptedAt,
        StartedAt = StartedAt,
        LastSequence = LastSequence,
        End = End,
    };
}

/// <summary>A session as it is kept.</summary>
public sealed record StoredSession
{
    public string? UserId { get; init; }

    public required IReadOnlyList<EngineSession> EngineSessions { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastActivityAt { get; init; }

    /// <summary>Its newest turns, in the order in which they were accepted.</summary>
    public required IReadOnlyList<StoredTurn> Turns { get; init; }
}
