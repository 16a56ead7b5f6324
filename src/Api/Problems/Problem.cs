using System.Net;
using Sluice.Core.Turns;

namespace Sluice.Api.Problems;

/// <summary>What is wrong with one place of a request.</summary>
/// <param name="Path">A JSON path (RFC 9535) such as <c>$.input</c>, or the name of a header or query parameter.</param>
/// <param name="Message">For a person.</param>
internal readonly record struct FieldError(string Path, string Message);

/// <summary>An answer that is not what was asked for (RFC 9457).</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">Stable name, for programs.</param>
/// <param name="Detail">For a person: what happened, and what to do about it.</param>
internal sealed record Problem(int Status, string Code, string Detail)
{
    /// <summary>429 and 503 always say when to come back; null lets the writer choose.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What the engine itself answered.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>It cannot be told whether the engine ran the turn to its end.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Why a turn was cancelled.</summary>
    public CancelReason? Cancelled { get; init; }

    /// <summary>Where to go on.</summary>
    public Cursor? Cursor { get; init; }

    /// <summary>The limit that stands in the way, by the name of its policy.</summary>
    public string? ViolatedPolicy { get; init; }

    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    public bool TellsRetryAfter => RetryAfter is not null || Status is (int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.ServiceUnavailable;

    /// <summary>When to come back, in whole seconds. Without a word from the engine: soon, and not all at the same time.</summary>
    public long RetryAfterSeconds() => RetryAfter is { } wait ? Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)) : Random.Shared.Next(1, 6);

    public static Problem Invalid(string path, string message) =>
        new(400, "invalid_request", $"{path}: {message}") { Errors = [new FieldError(path, message)] };
}
