namespace Sluice.Core.Engines;

/// <summary>What can be expected to go wrong with an engine call. A closed list: each has a row in <see cref="FaultTable"/>.</summary>
public enum FaultKind : byte
{
    /// <summary>No engine is configured.</summary>
    NotConfigured,

    /// <summary>No answer was kept, and the request was not to be given to the engine.</summary>
    NotCached,

    /// <summary>The circuit in front of the engine is open: it was not asked.</summary>
    CircuitOpen,

    /// <summary>As many turns are at the engine, and wait for it, as may: it was not asked.</summary>
    EngineBusy,

    /// <summary>No credentials, or Google's token service did not give a token.</summary>
    CredentialsUnavailable,

    /// <summary>No connection: refused, TLS, DNS.</summary>
    Unreachable,

    /// <summary>401, also after a fresh token.</summary>
    Unauthenticated,

    /// <summary>403: the gateway may not call this engine.</summary>
    PermissionDenied,

    /// <summary>404: no such engine.</summary>
    EngineNotFound,

    /// <summary>The engine refused the request itself: 400 INVALID_ARGUMENT, an unknown method, another 4xx.</summary>
    InvalidRequest,

    /// <summary>The agent's own code failed (400 FAILED_PRECONDITION "Agent Engine Error").</summary>
    AgentFailed,

    /// <summary>The container was not up (400 FAILED_PRECONDITION without details).</summary>
    ColdStart,

    /// <summary>429.</summary>
    QuotaExceeded,

    /// <summary>429 for a quota of nothing: waiting does not help.</summary>
    NoQuota,

    /// <summary>502 or 503.</summary>
    Unavailable,

    /// <summary>500.</summary>
    InternalError,

    /// <summary>504 or 499 from the engine's side.</summary>
    UpstreamDeadline,

    /// <summary>No answer, or no first event, in time.</summary>
    FirstEventTimeout,

    /// <summary>The stream went silent.</summary>
    IdleTimeout,

    /// <summary>The call took longer than it may.</summary>
    TotalTimeout,

    /// <summary>200 with nothing in it.</summary>
    EmptyAnswer,

    /// <summary>The connection ended in the middle of the answer.</summary>
    CutStream,

    /// <summary>An error line inside a 200.</summary>
    StreamError,

    /// <summary>Bytes that are not the JSON they should be.</summary>
    MalformedAnswer,

    /// <summary>More than the gateway holds for one turn.</summary>
    AnswerTooLarge,

    /// <summary>The turn has taken all that was left of its budget.</summary>
    BudgetExhausted,

    /// <summary>The gateway's process ended before the turn did.</summary>
    Interrupted,

    /// <summary>What happened to the turn could not be stored.</summary>
    StorageUnavailable,

    /// <summary>A defect of the gateway.</summary>
    Internal,
}

/// <summary>One expected failure.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Message">For the caller: what the engine said, without the request data it echoes.</param>
/// <param name="UpstreamStatus">The engine's HTTP status, or the code inside an error line.</param>
/// <param name="RetryAfter">How long to wait, when the engine says so.</param>
public sealed record EngineFault(FaultKind Kind, string Message, int? UpstreamStatus = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Stable name for wires, logs and metrics, such as <c>engine_unreachable</c>.</summary>
    public string Code => FaultTable.Of(Kind).Code;

    /// <summary>
    /// The engine had begun this very turn, whatever its kind usually means: it sent events before, or its agent passed on what a service behind it said.
    /// </summary>
    public bool Started { get; init; }

    /// <summary>It is known that the engine did not begin this turn, whatever its kind usually means: its own session says so, or it was never asked.</summary>
    public bool NeverStarted { get; init; }

    /// <summary>The agent ran, and this is the error it ended with: what it had done by then is done, and nothing more is to come.</summary>
    public bool RanToItsError { get; init; }

    /// <summary>
    /// It shows that the engine is unwell where it was asked, and not only this turn: the table's word, unless its agent passed on what a service behind it said.
    /// </summary>
    public bool Blames => FaultTable.Of(Kind).Blames && !(Started && Kind is FaultKind.Unavailable);

    /// <summary>May the same request be sent again by itself? The table's word, unless more is known.</summary>
    public RetryVerdict Retry => FaultTable.Of(Kind).Retry switch
    {
        RetryVerdict.MayHaveStarted when NeverStarted => RetryVerdict.NotStarted,
        RetryVerdict.NotStarted when Started => RetryVerdict.MayHaveStarted,
        var verdict => verdict,
    };

    /// <summary>
    /// Nobody can tell whether the engine ran the turn to its end: it may have begun, and what went wrong is not the agent's own error. A turn that is left
    /// with such a fault is <see cref="Turns.TurnState.Unknown"/>, with any other it is <see cref="Turns.TurnState.Failed"/>. This is the one place that decides it.
    /// </summary>
    public bool LeavesTurnUnknown => Retry == RetryVerdict.MayHaveStarted && !RanToItsError;
}
