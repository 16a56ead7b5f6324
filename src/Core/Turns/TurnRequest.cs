using Sluice.Core.Callers;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;

namespace Sluice.Core.Turns;

/// <summary>What to do when the session already runs a turn.</summary>
public enum BusyPolicy
{
    /// <summary>Wait in order, in a bounded queue.</summary>
    Queue,

    /// <summary>Refuse at once.</summary>
    Reject,

    /// <summary>Cancel the running turn and go next.</summary>
    Interrupt,
}

/// <summary>How the engine is asked: for one answer, or for events as they come.</summary>
public enum Delivery
{
    Whole,
    Streamed,
}

/// <summary>
/// What the caller says to the engine, as JSON bytes carried through unchanged: a text (a JSON string literal, quotes included) or the engine's
/// whole <c>input</c> object.
/// </summary>
public readonly record struct TurnInput
{
    private TurnInput(ReadOnlyMemory<byte> json, bool isText) => (Json, IsText) = (json, isText);

    public ReadOnlyMemory<byte> Json { get; }

    public bool IsText { get; }

    public static TurnInput OfText(ReadOnlyMemory<byte> jsonString) => new(jsonString, isText: true);

    public static TurnInput OfObject(ReadOnlyMemory<byte> jsonObject) => new(jsonObject, isText: false);
}

/// <summary>One request to a session, parsed once at the edge. Everything in it is already validated.</summary>
public sealed class TurnRequest
{
    public required Caller Caller { get; init; }

    public required SessionId Session { get; init; }

    /// <summary>The session was named for this very request, at random: nobody knows it yet.</summary>
    public bool BeginsSession { get; init; }

    public required TurnInput Input { get; init; }

    public required Delivery Delivery { get; init; }

    /// <summary>The engine's name for the person speaking; null: the one this session already has, else the caller's subject.</summary>
    public string? UserId { get; init; }

    /// <summary>The engine's method; null: the dialect's own.</summary>
    public string? ClassMethod { get; init; }

    /// <summary>Configured name of the engine; null: the default one.</summary>
    public string? Engine { get; init; }

    public BusyPolicy OnBusy { get; init; }

    /// <summary>The caller declares that the answer does not depend on what was said before in the session, and that nothing said later depends on it.</summary>
    public bool IsStateless { get; init; }

    /// <summary>What a cache may do for it.</summary>
    public CacheControl CacheControl { get; init; }

    /// <summary>Repeats with the same key attach to the same turn (draft-ietf-httpapi-idempotency-key-header).</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Digest of everything that makes two requests the same; set when <see cref="IdempotencyKey"/> is.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>How long the turn goes on with no reader; null: forever (the caller detached it).</summary>
    public TimeSpan? Grace { get; init; }
}
