namespace Sluice.Core.Engines;

/// <summary>May the same request be sent again by itself?</summary>
public enum RetryVerdict : byte
{
    /// <summary>No: the answer would be the same, or the engine may have acted.</summary>
    Never,

    /// <summary>The engine cannot have started.</summary>
    NotStarted,

    /// <summary>The engine may have acted: only when it is declared safe to repeat.</summary>
    MayHaveStarted,
}

/// <summary>The one place that says what each <see cref="FaultKind"/> is called, answers over HTTP, and means for a retry.</summary>
/// <remarks>Verdicts follow the behaviour of the Agent Engine API: see docs/engine.md.</remarks>
public static class FaultTable
{
    private static readonly Row[] Rows =
    [
        new(FaultKind.NotConfigured, "engine_not_configured", 503, RetryVerdict.Never),
        new(FaultKind.NotCached, "not_cached", 504, RetryVerdict.Never),
        new(FaultKind.CircuitOpen, "engine_circuit_open", 503, RetryVerdict.NotStarted),
        new(FaultKind.EngineBusy, "engine_busy", 503, RetryVerdict.NotStarted),
        new(FaultKind.CredentialsUnavailable, "engine_credentials_unavailable", 503, RetryVerdict.NotStarted),
        new(FaultKind.Unreachable, "engine_unreachable", 502, RetryVerdict.NotStarted, Blames: true),
        new(FaultKind.Unauthenticated, "engine_unauthenticated", 502, RetryVerdict.Never),
        new(FaultKind.PermissionDenied, "engine_permission_denied", 502, RetryVerdict.Never),
        new(FaultKind.EngineNotFound, "engine_not_found", 404, RetryVerdict.Never),
        new(FaultKind.InvalidRequest, "engine_invalid_request", 400, RetryVerdict.Never),
        new(FaultKind.AgentFailed, "agent_failed", 400, RetryVerdict.Never),
        new(FaultKind.ColdStart, "engine_cold_start", 503, RetryVerdict.NotStarted),
        new(FaultKind.QuotaExceeded, "engine_quota_exceeded", 429, RetryVerdict.NotStarted),
        new(FaultKind.NoQuota, "engine_no_quota", 502, RetryVerdict.Never),
        new(FaultKind.Unavailable, "engine_unavailable", 503, RetryVerdict.NotStarted, Blames: true),
        new(FaultKind.InternalError, "engine_internal_error", 502, RetryVerdict.MayHaveStarted, Blames: true),
        new(FaultKind.UpstreamDeadline, "engine_deadline_exceeded", 504, RetryVerdict.MayHaveStarted, Blames: true),
        new(FaultKind.FirstEventTimeout, "engine_first_event_timeout", 504, RetryVerdict.MayHaveStarted, Blames: true),
        new(FaultKind.IdleTimeout, "engine_idle_timeout", 504, RetryVerdict.MayHaveStarted),
        new(FaultKind.TotalTimeout, "engine_total_timeout", 504, RetryVerdict.MayHaveStarted),
        new(FaultKind.EmptyAnswer, "engine_empty_answer", 502, RetryVerdict.MayHaveStarted, Blames: true),
        new(FaultKind.CutStream, "engine_stream_cut", 502, RetryVerdict.MayHaveStarted, Blames: true),
        new(FaultKind.StreamError, "engine_stream_error", 502, RetryVerdict.MayHaveStarted),
        new(FaultKind.MalformedAnswer, "engine_malformed_answer", 502, RetryVerdict.MayHaveStarted),
        new(FaultKind.AnswerTooLarge, "answer_too_large", 502, RetryVerdict.Never),
        new(FaultKind.BudgetExhausted, "budget_exhausted", 402, RetryVerdict.Never),
        new(FaultKind.Interrupted, "turn_interrupted", 502, RetryVerdict.MayHaveStarted),
        new(FaultKind.StorageUnavailable, "storage_unavailable", 503, RetryVerdict.MayHaveStarted),
        new(FaultKind.Internal, "internal_error", 500, RetryVerdict.Never),
    ];

    /// <summary>One line of the table.</summary>
    /// <param name="Kind">The fault.</param>
    /// <param name="Code">Its stable name.</param>
    /// <param name="HttpStatus">What a caller gets while nothing has been sent yet.</param>
    /// <param name="Retry">Whether the gateway may send the request again.</param>
    /// <param name="Blames">Whether it counts against the engine where it was asked: not what a request or its agent brought about, nor a quota.</param>
    public sealed record Row(FaultKind Kind, string Code, int HttpStatus, RetryVerdict Retry, bool Blames = false);

    /// <summary>Every row, in the order of <see cref="FaultKind"/>.</summary>
    public static IReadOnlyList<Row> All => Rows;

    public static Row Of(FaultKind kind) => Rows[(int)kind];
}
