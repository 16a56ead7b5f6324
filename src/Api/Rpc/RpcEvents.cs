using Google.Protobuf;
using Grpc.Core;
using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Turns;
using Wire = Sluice.V1;

namespace Sluice.Api.Rpc;

/// <summary>A turn's events as messages.</summary>
internal sealed class RpcEvents : IEventWriter
{
    // Flag and length in front of each message.
    private const int FrameBytes = 5;

    private readonly IServerStreamWriter<Wire.InvokeEvent> _stream;
    private readonly ServerCallContext _call;
    private readonly HttpResponse _response;
    private readonly ITurnReader _reader;
    private readonly StreamFormat _format;
    private readonly OriginMarks _marks;

    // Written over for each: it has been serialized when it is written.
    private readonly Wire.InvokeEvent _event = new();
    private readonly Wire.Delta _delta = new();
    private Task _writing = Task.CompletedTask;

    /// <param name="stream">Where to.</param>
    /// <param name="call">Whose stream it is.</param>
    /// <param name="reader">Of the turn.</param>
    /// <param name="format">What the events hold.</param>
    /// <param name="marks">Tells where the answer comes from.</param>
    public RpcEvents(IServerStreamWriter<Wire.InvokeEvent> stream, ServerCallContext call, ITurnReader reader, StreamFormat format, OriginMarks marks)
    {
        (_stream, _call, _reader, _format, _marks) = (stream, call, reader, format, marks);
        _response = call.GetHttpContext().Response;

        // One flush for all that came together, as it is ours to say when.
        stream.WriteOptions = new WriteOptions(WriteFlags.BufferHint | WriteFlags.NoCompress);
    }

    public int Unflushed { get; private set; }

    /// <summary>Why the call ends otherwise than well: what went wrong with its turn, or that this goes on elsewhere. Null: it ends well.</summary>
    public Problem? Problem { get; private set; }

    // What gRPC has set of it: flushed alone where no event is there yet, so that one who waits for the next knows that it may.
    public void Head(ServedBy? origin) => Unflushed++;

    public void Started()
    {
        _event.Started = WireMessages.StartedOf(_reader);
        Write(1);
    }

    public void Delta(in TurnEvent delta)
    {
        if (_format == StreamFormat.Chunks && !delta.Text.IsEmpty)
        {
            _delta.Text = JsonText.Value(delta.Text.Span);
        }
        else if (_format == StreamFormat.Events || !EngineEventShape.IsAgentEvent(delta.Raw.Span))
        {
            _delta.Json = UnsafeByteOperations.UnsafeWrap(delta.Raw);
        }
        else
        {
            return;
        }

        _event.Delta = _delta;
        Write(delta.Sequence);
    }

    public void Gap(long from, long to)
    {
        _event.Gap = new Wire.Gap { From = from, To = to };
        Write(to);
    }

    public void Ended(long sequence, TurnEnd end)
    {
        if (end.State == TurnState.Completed)
        {
            _event.Completed = WireMessages.CompletedOf(end, _marks);
        }
        else
        {
            _event.Error = WireMessages.ErrorOf(end, _marks);
            Problem = ProblemTable.Of(end);
        }

        Write(sequence);
    }

    public void Moved(in Cursor cursor) => Problem = ProblemTable.Moved(isRepeatable: true, cursor);

    public void Heartbeat()
    {
        _event.Heartbeat = new Wire.Heartbeat();
        Write(0);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Unflushed = 0;
        try
        {
            await _writing;
            await _response.BodyWriter.FlushAsync(cancellationToken);
        }
        catch (InvalidOperationException written) when (RpcCall.IsOver(_call))
        {
            throw new OperationCanceledException("The call is over.", written, cancellationToken);
        }
    }

    // Without a flush a message is in the response's buffer at once, or cannot be written, which the flush finds.
    private void Write(long sequence)
    {
        _event.Sequence = sequence;
        Unflushed += FrameBytes + _event.CalculateSize();
        if (_writing.IsCompletedSuccessfully)
        {
            _writing = _stream.WriteAsync(_event);
        }

        if (!_writing.IsCompleted)
        {
            throw new InvalidOperationException("A message that is not to be flushed was not written at once.");
        }
    }
}
