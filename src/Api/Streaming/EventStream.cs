using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Sluice.Api.Answers;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Log;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>
/// One client following one turn. Reads what is ready, writes it, flushes once, waits: the log wakes it for events, the pulse for the head's hold and for
/// heartbeats. A client that does not keep up holds up its own flush and nothing else; what the log has dropped meanwhile it is told as a gap.
/// </summary>
internal sealed class EventStream : Pulsed
{
    // A batch is flushed early when it is larger than what the response holds back anyway.
    private const int LargestBatch = 32 * 1024;

    private static readonly StringValues EventStreamType = "text/event-stream";
    private static readonly StringValues NotStoredNorTransformed = "no-store, no-transform";
    private static readonly StringValues NotBuffered = "no";

    private readonly HttpContext _context;
    private readonly ITurnReader _reader;
    private readonly SseWriter _writer;
    private readonly StreamFormat _format;
    private readonly Pulse _pulse;
    private readonly TimeSpan _heartbeat;
    private readonly OriginMarks _marks;
    private readonly StreamMetrics _metrics;

    private long _last;
    private long _due = long.MaxValue;
    private bool _headSent;
    private bool _startedHeld;
    private bool _moved;
    private bool _ended;
    private TurnEnd? _failedUnseen;

    /// <param name="context">The request to answer.</param>
    /// <param name="reader">Opened behind <paramref name="after"/>.</param>
    /// <param name="after">The last sequence the client has.</param>
    /// <param name="format">What its events hold.</param>
    /// <param name="pulse">Its clock.</param>
    /// <param name="options">Its times.</param>
    /// <param name="marks">Tells where the answer comes from.</param>
    /// <param name="metrics">Counts it.</param>
    public EventStream(
        HttpContext context, ITurnReader reader, long after, StreamFormat format, Pulse pulse, HttpSurfaceOptions options, OriginMarks marks, StreamMetrics metrics)
    {
        _context = context;
        _reader = reader;
        _last = after;
        _format = format;
        _pulse = pulse;
        _heartbeat = options.HeartbeatInterval;
        _marks = marks;
        _metrics = metrics;
        _writer = new SseWriter(context.Response.BodyWriter, reader.Turn);
    }

    public static void SetHeaders(HttpResponse response)
    {
        response.Headers.ContentType = EventStreamType;
        response.Headers.CacheControl = NotStoredNorTransformed;
        response.Headers["X-Accel-Buffering"] = NotBuffered;
    }

    /// <summary>
    /// Follows the turn to its end, or until it goes on elsewhere, or until the client leaves. Returns how the turn failed if nothing has been sent by then, which is for the caller to answer
    /// with a status; else null.
    /// </summary>
    /// <param name="hold">How long the head waits for an event.</param>
    public async Task<TurnEnd?> RunAsync(TimeSpan hold)
    {
        var gone = _context.RequestAborted;
        var deadline = _pulse.After(hold);
        if (hold == TimeSpan.Zero)
        {
            SendHead();
        }

        _pulse.Add(this);
        _metrics.Began();
        try
        {
            while (true)
            {
                WriteReady();
                if (_failedUnseen is not null)
                {
                    return _failedUnseen;
                }

                if (_moved && !_ended)
                {
                    WriteMoved();
                }

                if (_writer.Unflushed > 0 || (_headSent && !_context.Response.HasStarted))
                {
                    await _writer.FlushAsync(gone);
                    deadline = _pulse.After(_heartbeat);
                }

                if (_ended)
                {
                    return null;
                }

                Volatile.Write(ref _due, deadline);
                switch (await _reader.WaitAsync(gone))
                {
                    case ReadSignal.Woken when _pulse.Time.GetTimestamp() >= deadline:
                        BeLate();
                        break;
                    case ReadSignal.Ended:
                        return null;
                    case ReadSignal.Moved:
                        _moved = true;
                        break;
                }
            }
        }
        finally
        {
            _pulse.Remove(this);
            _metrics.Ended();
        }
    }

    // Whatever this overwrites is written again before the next wait, which the wake leads to.
    protected override void OnPulse(long now)
    {
        if (now >= Volatile.Read(ref _due))
        {
            Volatile.Write(ref _due, long.MaxValue);
            _reader.Wake();
        }
    }

    private void BeLate()
    {
        if (_headSent)
        {
            _writer.Heartbeat();
        }
        else
        {
            SendHead();
        }
    }

    private void WriteReady()
    {
        EventBatch batch = default;
        Span<TurnEvent> events = batch;
        while (!_ended && _writer.Unflushed < LargestBatch && _reader.Read(events) is var count and > 0)
        {
            foreach (ref readonly var next in events[..count])
            {
                if (!_headSent)
                {
                    if (next.Kind == TurnEventKind.Started)
                    {
                        _startedHeld = true;
                        _last = next.Sequence;
                        continue;
                    }

                    if (next.Kind == TurnEventKind.Error)
                    {
                        _failedUnseen = next.End;
                        return;
                    }

                    SendHead();
                }

                Write(next);
            }
        }
    }

    private void SendHead()
    {
        SetHeaders(_context.Response);

        // Of a turn that has ended already: one gone back to, or one whose answer was there all at once.
        _marks.Set(_context.Response, _reader.End?.ServedBy);
        _headSent = true;
        if (_startedHeld)
        {
            WriteStarted();
        }
    }

    private void Write(in TurnEvent next)
    {
        switch (next.Kind)
        {
            case TurnEventKind.Started:
                WriteStarted();
                break;
            case TurnEventKind.Delta when _format == StreamFormat.Events:
                _writer.Raw(next.Sequence, next.Raw.Span);
                break;
            case TurnEventKind.Delta when !next.Text.IsEmpty:
                _writer.Chunk(next.Sequence, next.Text.Span);
                break;
            case TurnEventKind.Delta when !EngineEventShape.IsAgentEvent(next.Raw.Span):
                _writer.Raw(next.Sequence, next.Raw.Span);
                break;
            case TurnEventKind.Gap:
                WriteGap(_last + 1, next.Sequence);
                break;
            case TurnEventKind.Completed:
                WriteEnd(next, "done"u8, static (json, end, stream) =>
                {
                    TurnJson.WriteOutcome(json, end);
                    TurnJson.WriteIds(json, stream._reader.Session, stream._reader.Turn);
                });
                break;
            case TurnEventKind.Error:
                WriteEnd(next, "error"u8, static (json, end, _) => TurnJson.WriteError(json, end));
                break;
        }

        _last = next.Sequence;
    }

    private void WriteStarted() => WriteNamed(1, "started"u8, static (json, stream) => TurnJson.WriteIds(json, stream._reader.Session, stream._reader.Turn), this);

    private void WriteGap(long from, long to) => WriteNamed(
        to,
        "gap"u8,
        static (json, gap) =>
        {
            json.WriteNumber("from"u8, gap.From);
            json.WriteNumber("to"u8, gap.To);
        },
        (From: from, To: to));

    private void WriteEnd(in TurnEvent last, ReadOnlySpan<byte> name, Action<Utf8JsonWriter, TurnEnd, EventStream> write)
    {
        _ended = true;
        var end = last.End ?? throw new InvalidOperationException("A last event carries how the turn ended.");
        WriteNamed(
            last.Sequence,
            name,
            static (json, it) =>
            {
                it.Write(json, it.End, it.Stream);
                it.Stream._marks.Write(json, it.End.ServedBy);
            },
            (Write: write, End: end, Stream: this));
    }

    // The response ends behind it, by which an EventSource comes back by itself.
    private void WriteMoved()
    {
        if (!_headSent)
        {
            SendHead();
        }

        _ended = true;
        var data = DataOf(static (json, stream) => TurnJson.WriteMoved(json, new Cursor(stream._reader.Turn, stream._last)), this);
        _writer.Notice("error"u8, ProblemTable.MovedRetryAfter, data);
    }

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
