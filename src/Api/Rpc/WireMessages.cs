using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Sluice.Api.Answers;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Wire = Sluice.V1;

namespace Sluice.Api.Rpc;

/// <summary>Turns, their ends and answers as messages: what <see cref="TurnJson"/> is over HTTP.</summary>
internal static class WireMessages
{
    public static Wire.Turn Of(TurnSnapshot turn, OriginMarks marks)
    {
        var message = new Wire.Turn
        {
            SessionId = turn.Session.Value,
            TurnId = turn.Turn.ToString(),
            State = Of(turn.State),
            AcceptedAt = Timestamp.FromDateTimeOffset(turn.AcceptedAt),
            StartedAt = turn.StartedAt is { } started ? Timestamp.FromDateTimeOffset(started) : null,
            EndedAt = turn.End is { } end ? Timestamp.FromDateTimeOffset(end.At) : null,
            LastSequence = turn.LastSequence,
        };
        switch (turn.End)
        {
            case { State: TurnState.Completed } completed:
                message.Completed = CompletedOf(completed, marks);
                break;
            case { } failed:
                message.Error = ErrorOf(failed, marks);
                break;
        }

        return message;
    }

    public static Wire.Started StartedOf(ITurnReader reader) => new() { SessionId = reader.Session.Value, TurnId = reader.Turn.ToString() };

    public static Wire.Completed CompletedOf(TurnEnd end, OriginMarks marks) => new()
    {
        FinishReason = end.FinishReason ?? "",
        Usage = Of(end.Usage),
        Origin = Of(end.ServedBy, marks),
    };

    public static Wire.TurnError ErrorOf(TurnEnd end, OriginMarks marks)
    {
        var failure = TurnFailure.Of(end) ?? throw new ArgumentException("The turn has its answer.", nameof(end));
        return new Wire.TurnError
        {
            Code = failure.Code,
            Message = failure.Message,
            Retryable = failure.IsRetryable,
            Unknown = failure.IsUnknown,
            UpstreamStatus = failure.UpstreamStatus ?? 0,
            RetryAfter = failure.RetryAfter is { } wait ? Duration.FromTimeSpan(wait) : null,
            Reason = failure.Cancelled is { } reason ? TurnJson.NameOf(reason) : "",
            Usage = Of(end.Usage),
            Origin = Of(end.ServedBy, marks),
        };
    }

    public static void Write(this Wire.InvokeResponse response, in WholeAnswer answer, StreamFormat format, OriginMarks marks)
    {
        response.FinishReason = answer.End.FinishReason ?? "";
        response.Usage = Of(answer.End.Usage);
        response.Origin = Of(answer.End.ServedBy, marks);
        switch (answer.End.Answer)
        {
            case AnswerShape.Verbatim:
                response.Json = ByteString.CopyFrom(answer.Verbatim.Span);
                break;
            case AnswerShape.Text when format == StreamFormat.Chunks:
                response.Text = JsonText.Value(answer.Text());
                break;
            default:
                response.Json = EventsOf(answer);
                break;
        }
    }

    private static ByteString EventsOf(in WholeAnswer answer)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        InvokeAnswer.WriteEvents(json, answer);
        json.Flush();
        return UnsafeByteOperations.UnsafeWrap(buffer.WrittenMemory);
    }

    private static Wire.TurnState Of(TurnState state) => state switch
    {
        TurnState.Queued => Wire.TurnState.Queued,
        TurnState.Running => Wire.TurnState.Running,
        TurnState.Completed => Wire.TurnState.Completed,
        TurnState.Failed => Wire.TurnState.Failed,
        TurnState.Cancelled => Wire.TurnState.Cancelled,
        _ => Wire.TurnState.Unknown,
    };

    private static Wire.TokenUsage? Of(TokenUsage? usage) => usage is null ? null : new Wire.TokenUsage
    {
        InputTokens = usage.InputTokens,
        OutputTokens = usage.OutputTokens,
        CachedInputTokens = usage.CachedInputTokens,
        Estimated = usage.IsEstimated,
    };

    private static Wire.Origin? Of(ServedBy? origin, OriginMarks marks) => origin is null || !marks.Tells(origin) ? null : new Wire.Origin
    {
        Engine = marks.TellsPlaces ? origin.Engine : "",
        Region = marks.TellsPlaces ? origin.Region : "",
        MovedFrom = origin.MovedFrom ?? "",
        Fallback = origin.Fallback ?? "",
        Cache = origin.Cache is { } cache ? Core.Telemetry.NameOf(cache) : "",
        Age = origin.Age is { } age ? Duration.FromTimeSpan(age) : null,
    };
}
