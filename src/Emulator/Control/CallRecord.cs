namespace Sluice.Emulator.Control;

/// <summary>What is known of one call, at one moment.</summary>
public sealed record CallRecord
{
    /// <summary>Counted from 1 over every kind of call.</summary>
    public required long Number { get; init; }

    /// <summary>One of <see cref="Control.Verb"/>.</summary>
    public required string Verb { get; init; }

    public required string Method { get; init; }

    /// <summary>The request's path, without the query string.</summary>
    public required string Path { get; init; }

    public required string QueryString { get; init; }

    public string? Engine { get; init; }

    /// <summary>As the request named it; null if it left the default.</summary>
    public string? ClassMethod { get; init; }

    /// <summary>The text the agent was asked.</summary>
    public string? Message { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    /// <summary>The request body, if there was one: its first 16 KiB.</summary>
    public string? Body { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FirstByteAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the client was seen to leave before the end.</summary>
    public DateTimeOffset? CancelledAt { get; init; }

    public CallOutcome Outcome { get; init; }

    /// <summary>The HTTP status sent; 0 before the headers.</summary>
    public int Status { get; init; }

    /// <summary>Whole events sent.</summary>
    public int EventsSent { get; init; }

    /// <summary>Whether the agent was started for it.</summary>
    public bool RanTurn { get; init; }

    public Fault Fault { get; init; }

    public string? Accept { get; init; }

    public string? Traceparent { get; init; }

    public string? CloudTraceContext { get; init; }

    public string? UserProject { get; init; }

    /// <summary>The HTTP version of the request, such as HTTP/1.1.</summary>
    public required string Protocol { get; init; }

    public bool HasBearer { get; init; }

    /// <summary>The first 16 hex digits of the token's SHA-256; the token itself is never kept.</summary>
    public string? BearerHash { get; init; }
}

/// <summary>How a call ended.</summary>
public enum CallOutcome
{
    Running,

    /// <summary>Answered to the end.</summary>
    Completed,

    /// <summary>Answered with an error status.</summary>
    Refused,

    /// <summary>Broken off by a script, or by the emulator stopping.</summary>
    Cut,

    /// <summary>The client left first.</summary>
    Cancelled,
}
