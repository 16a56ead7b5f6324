using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Sluice.Api.Problems;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Answers;

/// <summary>Turns, their ends and sessions as JSON: the same words in answers, events and state.</summary>
internal static class TurnJson
{
    public static ReadOnlyMemory<byte> Of(TurnSnapshot turn, OriginMarks marks) => Build((turn, marks), static (json, it) => Write(json, it.turn, it.marks));

    public static ReadOnlyMemory<byte> Of(SessionSnapshot session, OriginMarks marks) =>
        Build((session, marks), static (json, it) => Write(json, it.session, it.marks));

    /// <summary>For one who will ask later.</summary>
    public static ReadOnlyMemory<byte> OfAccepted(SessionId session, TurnId turn) => Build((session, turn), static (json, ids) =>
    {
        json.WriteStartObject();
        WriteIds(json, ids.session, ids.turn);
        json.WriteEndObject();
    });

    public static void WriteIds(Utf8JsonWriter json, SessionId session, TurnId turn)
    {
        json.WriteString("session_id"u8, session.Value);
        json.WriteString("turn_id"u8, turn.ToString());
    }

    public static string NameOf(CancelReason reason) => reason switch
    {
        CancelReason.Requested => "requested",
        CancelReason.Abandoned => "abandoned",
        CancelReason.Interrupted => "interrupted",
        CancelReason.Forgotten => "forgotten",
        CancelReason.Stopping => "stopping",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Not a reason."),
    };

    /// <summary>Finish reason and usage, null when the engine told neither.</summary>
    public static void WriteOutcome(Utf8JsonWriter json, TurnEnd end)
    {
        json.WriteString("finish_reason"u8, end.FinishReason);
        WriteUsage(json, end.Usage);
    }

    /// <summary>What went wrong, whether a retry makes sense, and when.</summary>
    public static void WriteError(Utf8JsonWriter json, TurnEnd end)
    {
        if (TurnFailure.Of(end) is { } failure)
        {
            json.WriteString("code"u8, failure.Code);
            json.WriteString("message"u8, failure.Message);
            json.WriteBoolean("retryable"u8, failure.IsRetryable);
            if (failure.IsUnknown)
            {
                json.WriteString("state"u8, NameOf(TurnState.Unknown));
            }

            if (failure.UpstreamStatus is { } status)
            {
                json.WriteNumber("upstream_status"u8, status);
            }

            if (failure.RetryAfter is { } wait)
            {
                json.WriteNumber("retry_after_s"u8, Math.Ceiling(wait.TotalSeconds));
            }

            if (failure.Cancelled is { } reason)
            {
                json.WriteString("reason"u8, NameOf(reason));
            }
        }

        // Tokens spent before the failure are spent all the same.
        if (end.Usage is not null)
        {
            WriteUsage(json, end.Usage);
        }

        WriteTraceId(json);
    }

    /// <summary>What a stream says last when its turn goes on elsewhere.</summary>
    /// <param name="json">Inside an object.</param>
    /// <param name="cursor">The last event written.</param>
    public static void WriteMoved(Utf8JsonWriter json, Cursor cursor)
    {
        json.WriteString("code"u8, ProblemTable.MovedCode);
        json.WriteString("message"u8, ProblemTable.MovedMessage);
        json.WriteBoolean("retryable"u8, value: true);
        json.WriteString("cursor"u8, cursor.ToString());
        json.WriteNumber("retry_after_s"u8, ProblemTable.MovedRetryAfter.TotalSeconds);
        WriteTraceId(json);
    }

    private static void WriteTraceId(Utf8JsonWriter json)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            json.WriteString("trace_id"u8, activity.TraceId.ToHexString());
        }
    }

    private static void Write(Utf8JsonWriter json, TurnSnapshot turn, OriginMarks marks)
    {
        json.WriteStartObject();
        WriteIds(json, turn.Session, turn.Turn);
        json.WriteString("state"u8, NameOf(turn.State));
        json.WriteString("accepted_at"u8, turn.AcceptedAt);
        WriteTime(json, "started_at"u8, turn.StartedAt);
        WriteTime(json, "ended_at"u8, turn.End?.At);
        json.WriteString("cursor"u8, new Cursor(turn.Turn, turn.LastSequence).ToString());
        if (turn.End is { State: TurnState.Completed } completed)
        {
            WriteOutcome(json, completed);
        }
        else if (turn.End is { } failed)
        {
            json.WriteStartObject("error"u8);
            WriteError(json, failed);
            json.WriteEndObject();
        }

        marks.Write(json, turn.End?.ServedBy);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SessionSnapshot session, OriginMarks marks)
    {
        json.WriteStartObject();
        json.WriteString("session_id"u8, session.Session.Value);
        json.WriteString("user_id"u8, session.UserId);
        json.WriteString("engine_session_id"u8, session.EngineSessions is [var first, ..] ? first.Id : null);
        json.WriteString("created_at"u8, session.CreatedAt);
        json.WriteString("last_activity_at"u8, session.LastActivityAt);
        json.WriteStartArray("turns"u8);
        foreach (var turn in session.Turns)
        {
            Write(json, turn, marks);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, TokenUsage? usage)
    {
        if (usage is null)
        {
            json.WriteNull("usage"u8);
            return;
        }

        json.WriteStartObject("usage"u8);
        json.WriteNumber("input_tokens"u8, usage.InputTokens);
        json.WriteNumber("output_tokens"u8, usage.OutputTokens);
        json.WriteNumber("cached_input_tokens"u8, usage.CachedInputTokens);
        if (usage.IsEstimated)
        {
            json.WriteBoolean("estimated"u8, value: true);
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, at);
        }
    }

    public static ReadOnlySpan<byte> NameOf(TurnState state) => state switch
    {
        TurnState.Queued => "queued"u8,
        TurnState.Running => "running"u8,
        TurnState.Completed => "completed"u8,
        TurnState.Failed => "failed"u8,
        TurnState.Cancelled => "cancelled"u8,
        _ => "unknown"u8,
    };

    private static ReadOnlyMemory<byte> Build<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        write(json, value);
        json.Flush();
        return buffer.WrittenMemory;
    }
}
