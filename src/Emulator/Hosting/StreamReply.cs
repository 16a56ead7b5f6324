using Sluice.Emulator.Answers;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;

namespace Sluice.Emulator.Hosting;

/// <summary>Sends a turn's events at the model's pace, with whatever is scripted for the middle of them.</summary>
internal sealed class StreamReply
{
    /// <summary>The service ends a stream after this long.</summary>
    public static readonly TimeSpan ServiceCap = TimeSpan.FromMinutes(15);

    private static readonly byte[] UnfinishedEvent = "{\"content\": {\"parts\": [{\"text\": \"and th\"}], \"role\": \"model\"}}"u8.ToArray();

    private readonly Exchange _exchange;
    private readonly Script _script;
    private readonly Pace _pace;
    private readonly EventWriter _writer;
    private DateTimeOffset _due;
    private bool _anyWait;
    private bool _broken;
    private int _sent;

    public StreamReply(Exchange exchange)
    {
        _exchange = exchange;
        _script = exchange.Script;
        _pace = exchange.Backend.Answers.Pace(_script);
        var split = _script.Split ?? exchange.Backend.Options.SplitChunks;
        // Bytes may only be kept back for the next event if that event is not waited for.
        _writer = new EventWriter(exchange, _script.Framing, split ? new Random(exchange.Backend.Ids.Next()) : null, _pace.Gap == TimeSpan.Zero);
    }

    private bool Breaks => _script.Fault is Fault.ClosedLine or Fault.ErrorLine or Fault.Truncate or Fault.TruncateReset or Fault.Stall;

    public async Task SendAsync(IEnumerator<Step> steps)
    {
        _due = _exchange.Backend.Time.GetUtcNow();
        var limit = _script.Fault == Fault.Cap ? _script.Delay ?? ServiceCap : _exchange.Backend.Options.StreamCap;
        if (limit is not { } cap)
        {
            await SendAsync(steps, _exchange.Cancellation);
            return;
        }
        using var timer = new CancellationTokenSource(cap, _exchange.Backend.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _exchange.Cancellation);
        try
        {
            await SendAsync(steps, either.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !_exchange.Cancellation.IsCancellationRequested)
        {
            if (_script.Fault == Fault.Cap) _exchange.Inject();
            await _writer.HalfAsync(UnfinishedEvent, _exchange.Cancellation);
            _exchange.Abort();
        }
    }

    private async Task SendAsync(IEnumerator<Step> steps, CancellationToken cancellation)
    {
        do
        {
            if (Breaks && !_broken && _sent == _script.After && await BreakAsync(steps, cancellation)) return;
            await HoldAsync(_sent + 1, cancellation);
        }
        while (await SendNextAsync(steps, cancellation));

        if (Breaks && !_broken && await BreakAsync(steps, cancellation)) return;
        await HoldAsync(int.MaxValue, cancellation);
        if (_script.Fault == Fault.LateError)
        {
            _exchange.Inject();
            await _writer.EventAsync(ErrorLine.Of(_script.LineCode), cancellation);
        }
        await EndAsync(cancellation);
    }

    private async Task<bool> SendNextAsync(IEnumerator<Step> steps, CancellationToken cancellation)
    {
        if (!await NextAsync(steps, cancellation)) return false;
        await _writer.EventAsync(steps.Current.Json, cancellation);
        _sent++;
        _exchange.Call.EventSent();
        return true;
    }

    /// <summary>Moves to the next step that has something to send, and takes the time it takes.</summary>
    private async Task<bool> NextAsync(IEnumerator<Step> steps, CancellationToken cancellation)
    {
        while (steps.MoveNext())
        {
            if (steps.Current.Tokens > 0)
            {
                // Counted from when the last one was due, not from when it was sent: a late timer must not slow the whole answer down.
                _due += _pace.Before(steps.Current.Tokens, first: !_anyWait);
                _anyWait = true;
                var wait = _due - _exchange.Backend.Time.GetUtcNow();
                if (wait > TimeSpan.Zero) await Task.Delay(wait, _exchange.Backend.Time, cancellation);
            }
            if (!steps.Current.Json.IsEmpty) return true;
        }
        return false;
    }

    private async Task HoldAsync(int before, CancellationToken cancellation)
    {
        if (!_script.Holds.Any(h => h.Before == before)) return;
        await _writer.FlushAsync(cancellation);
        foreach (var hold in _script.Holds)
        {
            if (hold.Before == before) await _exchange.Backend.Control.Gate(hold.Gate).PassAsync(cancellation);
        }
        _due = _exchange.Backend.Time.GetUtcNow();
    }

    /// <summary>Carries out the fault; true if that was the end.</summary>
    private async Task<bool> BreakAsync(IEnumerator<Step> steps, CancellationToken cancellation)
    {
        _broken = true;
        switch (_script.Fault)
        {
            case Fault.Stall:
                _exchange.Inject();
                await _writer.FlushAsync(cancellation);
                await Task.Delay(_script.Delay ?? Timeout.InfiniteTimeSpan, _exchange.Backend.Time, cancellation);
                _due = _exchange.Backend.Time.GetUtcNow();
                return false;
            case Fault.ClosedLine:
                _exchange.Inject();
                await _writer.EventAsync(ErrorLine.Of(_script.LineCode), cancellation);
                await EndAsync(cancellation);
                return true;
            case Fault.ErrorLine:
                _exchange.Inject();
                await _writer.EventAsync(ErrorLine.Of(_script.ErrorText ?? "agent stopped: upstream model failed"), cancellation);
                await EndAsync(cancellation);
                return true;
            default:
                var next = await NextAsync(steps, cancellation) ? steps.Current.Json : UnfinishedEvent;
                _exchange.Inject();
                _exchange.Finish();
                await _writer.HalfAsync(next, cancellation);
                if (_script.Fault == Fault.TruncateReset) _exchange.Abort();
                return true;
        }
    }

    private async Task EndAsync(CancellationToken cancellation)
    {
        await _writer.EndAsync(cancellation);
        _exchange.Finish();
    }
}
