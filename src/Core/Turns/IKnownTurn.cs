using Sluice.Core.Log;
using Sluice.Core.Sessions;

namespace Sluice.Core.Turns;

/// <summary>What a host finds under a turn's id: a <see cref="Turn"/> that waits or runs, or an <see cref="EndedTurn"/>.</summary>
public interface IKnownTurn
{
    TurnId Id { get; }

    /// <summary>The session it belongs to.</summary>
    Session Owner { get; }

    /// <summary>The caller's key, kept as long as the turn.</summary>
    internal IdempotencyKey? Key { get; }

    /// <summary>Sequence of the newest event.</summary>
    long LastSequence { get; }

    /// <summary>Opens a reader behind <paramref name="cursor"/>, a sequence; 0 is the beginning.</summary>
    ITurnReader Open(long cursor, ReadInterest interest);

    /// <summary>The turn as it is; of one that has not ended, to be taken under its session's lock.</summary>
    TurnSnapshot Snapshot();
}
