using System.Text.Json;
using Sluice.Core.Engines;

namespace Sluice.Vertex.Faults;

/// <summary>What an error of Agent Engine means. docs/engine.md has the same as a table.</summary>
internal static class AnswerFaults
{
    private const string Details = "Error Details:";

    /// <summary>A cold container refuses within its start of some ten seconds. A refusal after this long came from one that was at work.</summary>
    private static readonly TimeSpan ColdStartAtMost = TimeSpan.FromSeconds(30);

    /// <summary>An answer with an error status.</summary>
    public static EngineFault OfStatus(int status, ErrorEnvelope error, TimeSpan? retryAfter, TimeSpan elapsed)
    {
        var fault = Classify(status, error, elapsed);
        return fault with { UpstreamStatus = status, RetryAfter = error.RetryDelay ?? retryAfter ?? QuotaWait(fault, error) };
    }

    /// <summary>An error where an event should be, in an answer that began with 200.</summary>
    public static EngineFault OfLine(ReadOnlySpan<byte> line, bool isFirst, TimeSpan elapsed)
    {
        var error = ErrorEnvelope.Read(line);
        var message = MessageOf(error, "The engine ended its answer with an error.");

        // Only standard codes say what happened; 498 and an error without a code are the container's own.
        var fault = isFirst && error.Code is 400 or 401 or 403 or 404 or 429 or 499 or 500 or 502 or 503 or 504
            ? Classify(error.Code.Value, error, elapsed)
            : new EngineFault(FaultKind.StreamError, message);
        return fault with { UpstreamStatus = error.Code, RetryAfter = error.RetryDelay ?? QuotaWait(fault, error), Started = !isFirst || fault.Started };
    }

    // Google does not say when the minute began: after a whole one it has ended.
    private static TimeSpan? QuotaWait(EngineFault fault, ErrorEnvelope error) =>
        fault.Kind == FaultKind.QuotaExceeded && error.QuotaUnit.StartsWith("1/min", StringComparison.Ordinal) ? TimeSpan.FromMinutes(1) : null;

    private static EngineFault Classify(int status, ErrorEnvelope error, TimeSpan elapsed)
    {
        if (status == 400 && error.Status == "FAILED_PRECONDITION")
        {
            return OfExecution(error, elapsed);
        }

        var (kind, otherwise) = status switch
        {
            401 => (FaultKind.Unauthenticated, "The engine did not accept the gateway's credentials."),
            403 => (FaultKind.PermissionDenied, "The gateway may not call this engine."),
            404 => (FaultKind.EngineNotFound, "There is no such engine."),
            429 when error.QuotaLimit == "0" => (FaultKind.NoQuota, "The engine may not be called: its quota is zero."),
            429 => (FaultKind.QuotaExceeded, "The engine's quota is used up."),
            499 or 504 => (FaultKind.UpstreamDeadline, "The engine gave up in time."),
            502 or 503 => (FaultKind.Unavailable, "The engine is not available."),
            >= 500 => (FaultKind.InternalError, "The engine failed."),
            >= 400 => (FaultKind.InvalidRequest, "The engine refused the request."),
            _ => (FaultKind.MalformedAnswer, $"The engine answered with status {status}."),
        };
        return new EngineFault(kind, MessageOf(error, otherwise));
    }

    // "Reasoning Engine Execution failed": both an agent that failed and a container that never ran it.
    private static EngineFault OfExecution(ErrorEnvelope error, TimeSpan elapsed)
    {
        var message = error.Message;
        var at = message.IndexOf(Details, StringComparison.Ordinal);
        var isExecution = at >= 0 || message.Length == 0 || message.Contains("Execution failed", StringComparison.Ordinal);
        var detail = Inner(at >= 0 ? message[(at + Details.Length)..].Trim() : "");
        if (!isExecution)
        {
            return new EngineFault(FaultKind.InvalidRequest, Redaction.Clean(message));
        }

        if (detail is "" or "Service Unavailable" or "Internal Server Error")
        {
            return new EngineFault(FaultKind.ColdStart, "The engine's container was not ready.") { Started = elapsed > ColdStartAtMost };
        }

        var clean = Redaction.Clean(detail);
        var isMissingMethod = clean.Contains("not found. Available methods", StringComparison.OrdinalIgnoreCase)
            || (clean.Contains("method `", StringComparison.OrdinalIgnoreCase) && clean.Contains("` not found", StringComparison.OrdinalIgnoreCase));
        if (isMissingMethod)
        {
            return new EngineFault(FaultKind.InvalidRequest, clean);
        }

        // The agent ran and passes on what its model or a tool was told: throttled, not broken; but what it had done by then, it has done.
        return new EngineFault(InnerKind(clean), clean) { Started = true, RanToItsError = true };
    }

    private static FaultKind InnerKind(string message) =>
        message.Contains("RESOURCE_EXHAUSTED", StringComparison.Ordinal) || HasStatus(message, "429") ? FaultKind.QuotaExceeded
        : message.Contains("503 UNAVAILABLE", StringComparison.Ordinal) || message.Contains("503 Service Unavailable", StringComparison.OrdinalIgnoreCase)
            || HasStatus(message, "503") ? FaultKind.Unavailable
        : FaultKind.AgentFailed;

    // "429 Too Many Requests", "Error 429: …", "'code': 429" - not a 429 in an id or an amount.
    private static bool HasStatus(string message, string status) =>
        message.Contains($"'code': {status}", StringComparison.Ordinal) || message.Contains($"\"code\": {status}", StringComparison.Ordinal)
        || message.Contains($"{status} Too Many", StringComparison.OrdinalIgnoreCase)
        || message.Contains($"Error {status}", StringComparison.OrdinalIgnoreCase)
        || message.Contains($"Exception: {status} ", StringComparison.OrdinalIgnoreCase);

    private static string Inner(string detail)
    {
        if (!detail.StartsWith('{'))
        {
            return detail;
        }

        try
        {
            using var document = JsonDocument.Parse(detail);
            return document.RootElement.TryGetProperty("detail", out var inner) && inner.ValueKind == JsonValueKind.String
                ? inner.GetString()!.Trim()
                : document.RootElement.EnumerateObject().Any() ? detail : "";
        }
        catch (JsonException)
        {
            return detail;
        }
    }

    private static string MessageOf(ErrorEnvelope error, string otherwise) =>
        Redaction.Clean(error.Message) is { Length: > 0 } message ? message : otherwise;
}
