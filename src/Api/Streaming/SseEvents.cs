using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>A turn's events as server-sent events.</summary>
/// <param name="response">Nothing of it has been sent.</param>
/// <param name="reader">Of the turn.</param>
/// <param name="format">What the events hold.</param>
/// <param name="marks">Tells where the answer comes from.</param>
internal sealed class SseEvents(HttpResponse response, ITurnReader reader, StreamFormat format, OriginMarks marks) : IEventWriter
{
    private static readonly StringValues EventStreamType = "text/event-stream";
    private static readonly StringValues NotStoredNorTransformed = "no-store, no-transform";
    private static readonly StringValues NotBuffered = "no";

    private readonly SseWriter _writer = new(response.BodyWriter, reader.Turn);
    private bool _hasHead;

    public int Unflushed => _hasHead && !response.HasStarted ? Math.Max(1, _writer.Unflushed) : _writer.Unflushed;

    public static void SetHeaders(HttpResponse response)
    {
        response.Headers.ContentType = EventStreamType;
        response.Headers.CacheControl = NotStoredNorTransformed;
        response.Headers["X-Accel-Buffering"] = NotBuffered;
    }

    public void Head(ServedBy? origin)
    {
        SetHeaders(response);
        marks.Set(response, origin);
        _hasHead = true;
    }

    public void Started() => WriteNamed(1, "started"u8, static (json, reader) => TurnJson.WriteIds(json, reader.Session, reader.Turn), reader);

    public void Delta(in TurnEvent delta)
    {
        if (format == StreamFormat.Events)
        {
            _writer.Raw(delta.Sequence, delta.Raw.Span);
        }
        else if (!delta.Text.IsEmpty)
        {
            _writer.Chunk(delta.Sequence, delta.Text.Span);
        }
        else if (!EngineEventShape.IsAgentEvent(delta.Raw.Span))
        {
            _writer.Raw(delta.Sequence, delta.Raw.Span);
        }
    }

    public void Gap(long from, long to) => WriteNamed(
        to,
        "gap"u8,
        static (json, gap) =>
        {
            json.WriteNumber("from"u8, gap.from);
            json.WriteNumber("to"u8, gap.to);
        },
        (from, to));

    public void Ended(long sequence, TurnEnd end)
    {
        var isCompleted = end.State == TurnState.Completed;
        WriteNamed(
            sequence,
            isCompleted ? "done"u8 : "error"u8,
            static (json, it) =>
            {
                if (it.isCompleted)
                {
                    TurnJson.WriteOutcome(json, it.end);
                    TurnJson.WriteIds(json, it.reader.Session, it.reader.Turn);
                }
                else
                {
                    TurnJson.WriteError(json, it.end);
                }

                it.marks.Write(json, it.end.ServedBy);
            },
            (isCompleted, end, reader, marks));
    }

    // The response ends behind it, by which an EventSource comes back by itself.
    public void Moved(in Cursor cursor) =>
        _writer.Notice("error"u8, ProblemTable.MovedRetryAfter, DataOf(static (json, cursor) => TurnJson.WriteMoved(json, cursor), cursor));

    public void Heartbeat() => _writer.Heartbeat();

    public ValueTask FlushAsync(CancellationToken cancellationToken) => _writer.FlushAsync(cancellationToken);

    private void WriteNamed<T>(long sequence, ReadOnlySpan<byte> name, Action<Utf8JsonWriter, T> write, T value) =>
        _writer.Named(sequence, name, DataOf(write, value));

    private static ReadOnlySpan<byte> DataOf<T>(Action<Utf8JsonWriter, T> write, T value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions))
        {
            json.WriteStartObject();
            write(json, value);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }
}
