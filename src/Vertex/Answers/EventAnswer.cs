using Sluice.Core.Engines;
using Sluice.Vertex.Calls;
using Sluice.Vertex.Dialects;
using Sluice.Vertex.Faults;
using Sluice.Vertex.Framing;
using Sluice.Vertex.Recovery;

namespace Sluice.Vertex.Answers;

/// <summary>The body of a <c>:streamQuery</c>: each event goes into the turn as it comes, and what came in one read is published at once.</summary>
internal sealed class EventAnswer : IAnswer
{
    private readonly IEngineTurn _turn;
    private readonly VertexOptions _options;
    private readonly EngineLabels _labels;
    private readonly EventParser _parser = new();
    private readonly EventDecoder _decoder;
    private readonly SpokenText _spoken = new();
    private IInterruptedTurn? _exact;
    private long _events;
    private bool _hasText;
    private bool _hasTextless;
    private bool _isAnswered;
    private bool _usedTools;
    private string? _finishReason;
    private bool _hasUsage;
    private long _input;
    private long _output;
    private long _cached;
    private TimeSpan _newest;

    public EventAnswer(IEngineTurn turn, VertexOptions options, EngineLabels labels)
    {
        (_turn, _options, _labels) = (turn, options, labels);
        _decoder = new EventDecoder(_parser, options.MaxEventBytes, options.MaxAnswerBytes);
    }

    public string? FinishReason => _finishReason;

    /// <summary>An event called a tool, or brought its response.</summary>
    public bool UsedTools => _usedTools;

    public TokenUsage? Usage => _hasUsage ? new TokenUsage(_input, _output, _cached) : null;

    /// <summary>Whether anything of the answer has been passed on.</summary>
    public bool HasBegun => _events > 0;

    public TimeSpan? FirstEvent { get; private set; }

    /// <summary>What came, to tell it from what did not.</summary>
    public StreamedEvents Streamed { get; } = new();

    public AnswerShape Shape => _hasText && !_hasTextless ? AnswerShape.Text : AnswerShape.Events;

    public async ValueTask<EngineFault?> ReadAsync(Stream body, EngineCall call)
    {
        while (true)
        {
            var read = await body.ReadAsync(_decoder.Room(), call.Token);
            _decoder.Wrote(read);
            var events = _events;
            var (hasEnded, fault) = Take(call);
            if (_events > events)
            {
                Heard(call.Elapsed);
                _turn.Publish();
            }

            if (hasEnded)
            {
                return fault;
            }

            // Comments and half an event show that the engine is there, but the first event has a deadline of its own.
            if (_events > 0)
            {
                call.Heard(_options.IdleTimeout);
            }
        }
    }

    /// <summary>Takes in the events that are kept of a stream another process read, as if they had come here. They are not appended again.</summary>
    /// <param name="turn">The turn this is an answer to.</param>
    public void Replay(IInterruptedTurn turn)
    {
        var isWhole = !turn.HasDropped;
        var hasSpoken = false;
        if (turn.HasDropped)
        {
            Streamed.Lose();
        }

        foreach (var e in turn.Kept)
        {
            if (_parser.Parse(e.Span, final: true) != ParseStatus.Complete)
            {
                Streamed.Lose();
                isWhole = false;
                continue;
            }

            Take(e.Span);
            isWhole &= _parser is { IsAgentEvent: true, IsPartial: false };
            hasSpoken |= _parser.HasText;
        }

        // Some agents print partial events without being asked. One that has said a message, and said it whole, does not.
        _exact = isWhole && hasSpoken && StreamingMode.IsOfWholeMessages(turn.Request.Input) ? turn : null;
    }

    /// <summary>Appends the events of a broken stream that did not come through it.</summary>
    /// <returns>False, and nothing is appended, when one of them cannot be written as an event.</returns>
    public bool TryComplete(IReadOnlyList<SessionEvent> missing)
    {
        List<ReadOnlyMemory<byte>> events;
        try
        {
            events = [.. missing.Select(StreamSpelling.Of)];
        }
        catch (InvalidOperationException)
        {
            return false;
        }

        if (!events.TrueForAll(e => e.Length <= _options.MaxEventBytes && _parser.Parse(e.Span, final: true) == ParseStatus.Complete))
        {
            return false;
        }

        _exact?.ContinueExactly();
        foreach (var e in events)
        {
            _parser.Parse(e.Span, final: true);
            Append(e.Span, isTranscribed: true);
        }

        if (events.Count > 0)
        {
            _turn.Publish();
        }

        return true;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _parser.Dispose();
        _spoken.Dispose();
    }

    private void Heard(TimeSpan now)
    {
        if (FirstEvent is null)
        {
            FirstEvent = now;
        }
        else
        {
            Telemetry.Continued(_labels, now - _newest);
        }

        _newest = now;
    }

    private (bool HasEnded, EngineFault? Fault) Take(EngineCall call)
    {
        while (true)
        {
            switch (_decoder.Read(out var value))
            {
                case DecodeStatus.Event when !_parser.IsError:
                    Append(value);
                    continue;
                case DecodeStatus.Event:
                    var fault = AnswerFaults.OfLine(value, isFirst: _events == 0, call.Elapsed);

                    // A tool server's connection was closed too late: the answer is whole and was given.
                    if (fault.UpstreamStatus == 498 && _isAnswered)
                    {
                        Telemetry.LateErrors.Add(1);
                        continue;
                    }

                    return (true, fault);
                case DecodeStatus.NeedMore:
                    return (false, null);
                case DecodeStatus.End:
                    return (true, _events > 0 ? null : new EngineFault(FaultKind.EmptyAnswer, "The engine answered with nothing."));
                case DecodeStatus.Cut:
                    return (true, new EngineFault(FaultKind.CutStream, "The engine's stream ended in the middle of an event."));
                case DecodeStatus.TooLarge:
                    return (true, new EngineFault(FaultKind.AnswerTooLarge, "The engine's answer is larger than the gateway accepts."));

                // Python's development server prints the error unescaped, which breaks the JSON it is in.
                case DecodeStatus.Malformed when value.StartsWith("{\"error\""u8):
                    return (true, new EngineFault(FaultKind.StreamError, "The engine ended its answer with an error."));
                default:
                    return (true, new EngineFault(FaultKind.MalformedAnswer, "The engine's stream is not a stream of JSON events."));
            }
        }
    }

    private void Append(ReadOnlySpan<byte> value, bool isTranscribed = false)
    {
        var text = Take(value, isTranscribed);
        _turn.Append(value, text);
    }

    // What the event the parser has read does to the answer. Its text is good until the next one.
    private ReadOnlySpan<byte> Take(ReadOnlySpan<byte> value, bool isTranscribed = false)
    {
        var text = _spoken.Next(_parser, value, isTranscribed);
        Streamed.Note(_parser, value);
        _events++;

        // Events of an agent without words (a tool call, a state change) stand between those that make the text; elsewhere they mean there is no common text.
        _hasText |= _parser.HasText;
        _hasTextless |= !_parser.HasText && !_parser.IsAgentEvent;
        _usedTools |= _parser.HasToolUse;
        if (_parser.IsPartial)
        {
            return text;
        }

        _isAnswered = _parser is { IsAgentEvent: true, HasText: true, HasToolUse: false, ModelError: null };
        _finishReason = _parser.ModelError ?? _parser.FinishReason ?? _finishReason;
        if (_parser.HasUsage)
        {
            // A partial event counts what the whole one counts again.
            _hasUsage = true;
            _input += _parser.InputTokens;
            _output += _parser.OutputTokens;
            _cached += _parser.CachedTokens;
            _turn.Report(Usage!);
        }

        return text;
    }
}
