using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>A new turn, as it is kept before anyone hears of it. What was said in it is not kept.</summary>
public sealed record AcceptedTurn
{
    public required SessionKey Session { get; init; }

    public required TurnId Turn { get; init; }

    /// <summary><see cref="TurnState.Running"/>, or <see cref="TurnState.Queued"/> when it has to wait.</summary>
    public required TurnState State { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The session's user, and when it was made: kept with its first turn.</summary>
    public required string? UserId { get; init; }

    public required DateTimeOffset SessionCreatedAt { get; init; }

    public IdempotencyKey? Key { get; init; }
}
