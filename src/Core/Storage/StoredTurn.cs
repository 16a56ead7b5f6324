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

    /// <summary>Who holds its session. Matters while it has no end.</summary>
    public SessionHolder Holder { get; init; }

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
