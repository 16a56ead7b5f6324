using System.Globalization;
using Sluice.Core.Engines;
using Sluice.Core.Limits;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Problems;

/// <summary>What a refusal, or the end of a turn that gave no answer, is over HTTP.</summary>
internal static class ProblemTable
{
    /// <summary>Said the same whether something was to be stored or to be found.</summary>
    public static Problem StorageUnavailable { get; } =
        new(503, "storage_unavailable", "The gateway's storage cannot be used now. Nothing was started; what was stored before is not lost.");

    /// <summary>Of a turn that goes on on another node, or after a restart: as a stream's last event before it closes, and in a problem.</summary>
    public const string MovedCode = "moved";

    /// <inheritdoc cref="MovedCode"/>
    public const string MovedMessage = "The turn goes on elsewhere: another node has it, or will. Go on behind the cursor.";

    /// <summary>When to look for a turn that has moved: its new node is about to have it.</summary>
    public static TimeSpan MovedRetryAfter { get; } = TimeSpan.FromSeconds(1);

    /// <param name="isRepeatable">The same request again leads to the same turn. Else it would run another, and must not be sent again by a client that does so by itself.</param>
    /// <param name="cursor">Leads to the whole of it.</param>
    public static Problem Moved(bool isRepeatable, Cursor cursor) => isRepeatable
        ? new Problem(503, MovedCode, $"{MovedMessage} The same request again leads to it as well.") { Cursor = cursor, RetryAfter = MovedRetryAfter }
        : new Problem(502, MovedCode, $"{MovedMessage} The same request again would run another.") { Cursor = cursor };

    /// <summary>A refusal with what is known of the limit behind it.</summary>
    public static Problem Of(in Admission refused) => refused.Shortage is { } shortage ? Of(shortage) : Of(refused.Refusal);

    /// <summary>
    /// A rate or a place for a turn comes back by itself, and 429 is what clients wait and try again for. A budget does not, or in hours: 402, which none repeats by itself.
    /// </summary>
    public static Problem Of(Shortage shortage) => shortage switch
    {
        { IsUnknown: true } => Of(Refusal.LimitsUnavailable) with { RetryAfter = shortage.RetryAfter },
        { Quota: { Kind: QuotaKind.Rate } quota } => Of(Refusal.RateLimited) with
        {
            Detail = string.Create(CultureInfo.InvariantCulture, $"The limit of {quota.Limit} {quota.Unit} a minute (policy {quota.Name}) is reached."),
            RetryAfter = shortage.RetryAfter,
            ViolatedPolicy = quota.Name,
        },
        { Quota: { Kind: QuotaKind.Concurrent } quota } => Of(Refusal.TooManyTurns) with
        {
            Detail = string.Create(CultureInfo.InvariantCulture, $"{quota.Limit} {(quota.Limit == 1 ? "turn waits or runs" : "turns wait or run")}, and more may not (policy {quota.Name}). Try again when one has ended."),
            ViolatedPolicy = quota.Name,
        },
        { Quota: var quota } => Of(Refusal.BudgetExhausted) with
        {
            Detail = string.Create(
                CultureInfo.InvariantCulture,
                $"Of the budget of {quota.Limit} tokens (policy {quota.Name}) less is left than this turn would take. {(quota.NeverComesBack ? "It does not come back: begin another session." : "It comes back when its period ends.")}"),
            RetryAfter = shortage.RetryAfter,
            ViolatedPolicy = quota.Name,
        },
    };

    public static Problem Of(Refusal refusal) => refusal switch
    {
        Refusal.Busy => new Problem(409, "session_busy", "A turn is running in this session, and on_busy is reject."),
        Refusal.QueueFull => new Problem(429, "queue_full", "As many turns wait in this session as may wait."),
        Refusal.KeyReused => new Problem(422, "idempotency_key_reused", "This Idempotency-Key was used with another request. A new request needs a new key."),
        Refusal.OtherUser => new Problem(409, "session_user_mismatch", "This session belongs to another user_id."),
        Refusal.TooManySessions => new Problem(503, "too_many_sessions", "The gateway holds as many sessions as it may, and all of them are busy."),
        Refusal.Stopping => new Problem(503, "stopping", "The gateway is stopping and takes no new turns."),
        Refusal.StorageUnavailable => StorageUnavailable,

        // Without more words: what refused it is not known here, as when an older node did.
        Refusal.RateLimited => new Problem(429, "rate_limited", "The caller has had its share of this minute."),
        Refusal.TooManyTurns => new Problem(429, "too_many_turns", "As many turns of this caller wait and run as may."),
        Refusal.BudgetExhausted => new Problem(402, "budget_exhausted", "Too little is left of a budget of model tokens for this turn."),
        Refusal.LimitsUnavailable => new Problem(503, "limits_unavailable", "It cannot be found out now what the caller has had, so nothing is started."),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "Not a refusal."),
    };

    public static Problem Of(TurnEnd end) => end switch
    {
        { Fault: { } fault, State: TurnState.Unknown } => Unknown(end, fault),
        { Fault: { } fault } => Of(fault),
        { Cancelled: CancelReason.Stopping } => Cancelled(503, CancelReason.Stopping),
        { Cancelled: { } reason } => Cancelled(409, reason),
        _ => throw new ArgumentException("The turn has its answer.", nameof(end)),
    };

    /// <summary>What went wrong and, where nobody can tell what the engine made of the turn, what to do about that.</summary>
    public static string Describe(TurnEnd end, EngineFault fault) => end.State == TurnState.Unknown
        ? $"{fault.Message} It is not known whether the turn finished: look at what the agent has done before sending it again."
        : fault.Message;

    public static string Describe(CancelReason reason) => reason switch
    {
        CancelReason.Requested => "The turn was cancelled on request.",
        CancelReason.Abandoned => "The turn was cancelled: nobody read it any more.",
        CancelReason.Interrupted => "The turn was cancelled: a later request in its session interrupted it.",
        CancelReason.Forgotten => "The turn was cancelled: its session was forgotten.",
        CancelReason.Stopping => "The turn was cancelled: the gateway is stopping.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Not a reason."),
    };

    /// <summary>May the caller send the same request again without doing something twice?</summary>
    public static bool IsRetryable(TurnEnd end) => end.State != TurnState.Unknown && end.Fault is { Retry: RetryVerdict.NotStarted };

    // "Too many" and "not available" mean: come back. Clients do so by themselves, and this turn must not be sent again unseen.
    private static Problem Unknown(TurnEnd end, EngineFault fault) => new(StatusOf(fault) is var status and not (429 or 503) ? status : 502, fault.Code, Describe(end, fault))
    {
        UpstreamStatus = fault.UpstreamStatus,
        IsUnknown = true,
    };

    private static Problem Cancelled(int status, CancelReason reason) => new(status, "turn_cancelled", Describe(reason)) { Cancelled = reason };

    private static Problem Of(EngineFault fault) => new(StatusOf(fault), fault.Code, fault.Message)
    {
        UpstreamStatus = fault.UpstreamStatus,
        RetryAfter = fault.RetryAfter,
    };

    // What the engine refused, the caller has to change: it gets the engine's own status. Except for those about credentials, which are the gateway's and
    // would send the caller to look for its own.
    private static int StatusOf(EngineFault fault) => fault switch
    {
        { Kind: FaultKind.InvalidRequest, UpstreamStatus: 401 or 403 or 407 } => 502,
        { Kind: FaultKind.InvalidRequest, UpstreamStatus: >= 400 and < 500 } => fault.UpstreamStatus.Value,
        _ => FaultTable.Of(fault.Kind).HttpStatus,
    };
}
