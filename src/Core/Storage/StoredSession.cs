using Sluice.Core.Engines;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>Who holds a session: see <see cref="ISessionStore"/>.</summary>
public enum SessionHolder : byte
{
    /// <summary>Nobody, or a process that is gone.</summary>
    Nobody,

    /// <summary>This process.</summary>
    This,

    /// <summary>Another process, which is there.</summary>
    Another,
}

/// <summary>A session as it is kept.</summary>
public sealed record StoredSession
{
    public string? UserId { get; init; }

    public required IReadOnlyList<EngineSession> EngineSessions { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset LastActivityAt { get; init; }

    /// <summary>The newest under which it was held.</summary>
    public required long Epoch { get; init; }

    public required SessionHolder Holder { get; init; }

    /// <summary>It has turns without an end.</summary>
    public required bool IsUnfinished { get; init; }

    /// <summary>Its newest turns, in the order in which they were accepted.</summary>
    public required IReadOnlyList<StoredTurn> Turns { get; init; }
}

/// <summary>A session that was taken over. Nothing is added to it any more but by its new holder.</summary>
/// <param name="Session">The session, its epoch the new one; of its turns none.</param>
/// <param name="Unfinished">Its turns without an end: the one that ran, if one did, then those that waited, in their order.</param>
/// <param name="IsHandedOver">The one who held it released it, having written down all that anyone was shown; else it is gone, and its readers may have seen more.</param>
public sealed record TakenSession(StoredSession Session, IReadOnlyList<UnfinishedTurn> Unfinished, bool IsHandedOver);

/// <summary>A turn that was taken over.</summary>
/// <param name="Turn">As it is kept.</param>
/// <param name="Request">What was said; null: not kept, or not to be read.</param>
/// <param name="Events">All of its events that are kept.</param>
public sealed record UnfinishedTurn(StoredTurn Turn, TurnRequest? Request, IReadOnlyList<StoredEvents> Events);
