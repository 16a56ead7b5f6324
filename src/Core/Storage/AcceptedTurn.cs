using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>A new turn, as it is kept before anyone hears of it.</summary>
public sealed record AcceptedTurn
{
    public required SessionKey Session { get; init; }

    public required TurnId Turn { get; init; }

    /// <summary><see cref="TurnState.Running"/>, or <see cref="TurnState.Queued"/> when it has to wait.</summary>
    public required TurnState State { get; init; }

    /// <summary>It goes before those that wait already.</summary>
    public bool GoesFirst { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The session's user, and when it was made: kept with its first turn.</summary>
    public required string? UserId { get; init; }

    public required DateTimeOffset SessionCreatedAt { get; init; }

    public IdempotencyKey? Key { get; init; }

    /// <summary>
    /// Under which the session is held, or is to be from now on. It is kept when this process holds the session under this very epoch; when nobody holds it, it has no turn
    /// without an end, and was held last under the epoch before, or by this process under this one; or when it is not known, and begins with this epoch. Else the turn is
    /// <see cref="Acceptance.NotHeld"/>: another has been there, whose turns this process has not seen, or there are turns to be taken over first.
    /// </summary>
    public required long Epoch { get; init; }

    /// <summary>What was said. Kept until the turn has ended, for one that has to run it again.</summary>
    public required TurnRequest Request { get; init; }

    /// <summary>It came in a letter from another process, which is gone when the turn is kept. When the letter is not there any more, the turn is <see cref="Acceptance.Withdrawn"/>.</summary>
    public bool CameByLetter { get; init; }
}

/// <summary>What became of a turn that was to be kept.</summary>
public enum Acceptance : byte
{
    Accepted,

    /// <summary>The session has a turn with this key already; nothing was kept.</summary>
    KeyTaken,

    /// <summary>The session is held by another, or was in between; nothing was kept.</summary>
    NotHeld,

    /// <summary>The one who sent it has taken it back; nothing was kept.</summary>
    Withdrawn,
}
