using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>Why a session refused a request.</summary>
public enum Refusal : byte
{
    None,

    /// <summary>A turn is running and the request asked for <see cref="BusyPolicy.Reject"/>.</summary>
    Busy,

    /// <summary>The queue behind the running turn is full.</summary>
    QueueFull,

    /// <summary>The idempotency key belongs to a turn with another request.</summary>
    KeyReused,

    /// <summary>The session belongs to another user.</summary>
    OtherUser,

    /// <summary>The host holds as many sessions as it may, all of them busy.</summary>
    TooManySessions,

    /// <summary>The host takes no new turns.</summary>
    Stopping,

    /// <summary>The turn cannot be stored now.</summary>
    StorageUnavailable,

    /// <summary>The caller has had its share of this minute.</summary>
    RateLimited,

    /// <summary>As many of the caller's turns wait and run as may.</summary>
    TooManyTurns,

    /// <summary>Too little is left of a budget for the turn.</summary>
    BudgetExhausted,

    /// <summary>It cannot be found out now what the caller has had.</summary>
    LimitsUnavailable,
}

/// <summary>A session's answer to a request: a reader on the turn that serves it, or a refusal.</summary>
public readonly struct Admission
{
    public Refusal Refusal { get; private init; }

    /// <summary>At the beginning of the turn; null exactly when the request was refused.</summary>
    public ITurnReader? Reader { get; private init; }

    /// <summary>The turn was there already, found by its idempotency key.</summary>
    public bool Attached { get; private init; }

    /// <summary>Which limit refused it, and until when; null: none did, or another node did and did not tell.</summary>
    public Shortage? Shortage { get; private init; }

    /// <summary>The turn, while nobody may be told of it yet: it is being stored.</summary>
    internal Turn? Pending { get; private init; }

    public static Admission Refused(Refusal refusal, Shortage? shortage = null) => new() { Refusal = refusal, Shortage = shortage };

    public static Admission Granted(ITurnReader reader, bool attached) => Granted(reader, attached, pending: null);

    internal static Admission Granted(ITurnReader reader, bool attached, Turn? pending) => new() { Reader = reader, Attached = attached, Pending = pending };
}
