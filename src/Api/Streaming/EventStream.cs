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

    private readonly ITurnReader _reader;
    private readonly IEventWriter _writer;
    private readonly Pulse _pulse;
    private readonly TimeSpan _heartbeat;
    private readonly StreamMetrics _metrics;

    private long _last;
    private long _due = long.MaxValue;
    private bool _headSent;
    private bool _startedHeld;
    private bool _moved;
    private bool _ended;
    private TurnEnd? _failedUnseen;

    /// <param name="reader">Opened behind <paramref name="after"/>.</param>
    /// <param name="after">The last sequence the client has.</param>
    /// <param name="writer">For the client.</param>
    /// <param name="pulse">Its clock.</param>
    /// <param name="heartbeat">Silence that is broken.</param>
    /// <param name="metrics">Counts it.</param>
    public EventStream(ITurnReader reader, long after, IEventWriter writer, Pulse pulse, TimeSpan heartbeat, StreamMetrics metrics)
    {
        (_reader, _writer, _pulse, _heartbeat, _metrics) = (reader, writer, pulse, heartbeat, metrics);
        _last = after;
    }

    /// <summary>
    /// Follows the turn to its end, or until it goes on elsewhere, or until the client leaves. Returns how the turn failed if nothing has been sent by then, which is for the caller to answer
    /// with a status; else null.
    /// </summary>
    /// <param name="hold">How long the head waits for an event.</param>
    /// <param name="gone">The client has left.</param>
    public async Task<TurnEnd?> RunAsync(TimeSpan hold, CancellationToken gone)
    {
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

                if (_writer.Unflushed > 0)
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
        _writer.Head(_reader.End?.ServedBy);
        _headSent = true;
        if (_startedHeld)
        {
            _writer.Started();
        }
    }

    private void Write(in TurnEvent next)
    {
        switch (next.Kind)
        {
            case TurnEventKind.Started:
                _writer.Started();
                break;
            case TurnEventKind.Delta:
                _writer.Delta(next);
                break;
            case TurnEventKind.Gap:
                _writer.Gap(_last + 1, next.Sequence);
                break;
            case TurnEventKind.Completed or TurnEventKind.Error:
                _ended = true;
                _writer.Ended(next.Sequence, next.End ?? throw new InvalidOperationException("A last event carries how the turn ended."));
                break;
        }

        _last = next.Sequence;
    }

    private void WriteMoved()
    {
        if (!_headSent)
        {
            SendHead();
        }

        _ended = true;
        _writer.Moved(new Cursor(_reader.Turn, _last));
    }
}
