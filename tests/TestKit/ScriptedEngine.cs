using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Sluice.Core.Engines;

namespace Sluice.TestKit;

/// <summary>An engine that does what a test says, when it says so. Counts its calls, and notes when two run at once in one session.</summary>
public sealed class ScriptedEngine : IEngine
{
    private readonly Channel<ScriptedCall> _calls = Channel.CreateBounded<ScriptedCall>(10_000);
    private readonly Lock _gate = new();
    private readonly HashSet<string> _running = [];
    private int _count;

    public int Calls => Volatile.Read(ref _count);

    /// <summary>True once two turns of one session ran at the same time.</summary>
    public bool Overlapped { get; private set; }

    /// <summary>When set, runs each call by itself instead of handing it to <see cref="NextCallAsync()"/>.</summary>
    public Func<ScriptedCall, CancellationToken, ValueTask<EngineOutcome>>? Script { get; init; }

    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _count);
        return CallAsync(turn, cancellationToken);
    }

    /// <summary>A resumed turn is a call that is not counted, with <see cref="ScriptedCall.Interrupted"/>.</summary>
    public ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) => CallAsync(turn, cancellationToken, turn);

    /// <summary>The next call, when it comes; fails after ten seconds.</summary>
    public Task<ScriptedCall> NextCallAsync() => NextCallAsync(within: TimeSpan.FromSeconds(10));

    public async Task<ScriptedCall> NextCallAsync(TimeSpan within) => await _calls.Reader.ReadAsync().AsTask().WaitAsync(within);

    public bool TryNextCall(out ScriptedCall? call) => _calls.Reader.TryRead(out call);

    private async ValueTask<EngineOutcome> CallAsync(IEngineTurn turn, CancellationToken cancellationToken, IInterruptedTurn? interrupted = null)
    {
        var session = $"{turn.Request.Caller.Tenant}/{turn.Request.Session}";
        lock (_gate)
        {
            Overlapped |= !_running.Add(session);
        }

        try
        {
            var call = new ScriptedCall(turn, cancellationToken, interrupted);
            if (Script is not null)
            {
                return await Script(call, cancellationToken);
            }

            await _calls.Writer.WriteAsync(call, cancellationToken);
            return await call.Outcome.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(session);
            }
        }
    }
}

/// <summary>One call under way.</summary>
public sealed class ScriptedCall(IEngineTurn turn, CancellationToken cancellationToken, IInterruptedTurn? interrupted = null)
{
    private readonly TaskCompletionSource<EngineOutcome> _outcome = new();

    public IEngineTurn Turn => turn;

    /// <summary>Set when the engine is asked for a turn that another process began.</summary>
    public IInterruptedTurn? Interrupted { get; } = interrupted;

    public string Text { get; } = Encoding.UTF8.GetString(turn.Request.Input.Json.Span);

    public bool Cancelled => cancellationToken.IsCancellationRequested;

    public Task<EngineOutcome> Outcome => _outcome.Task;

    /// <summary>Events that arrive together.</summary>
    public void Emit(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            var literal = JsonSerializer.Serialize(text);
            var raw = Encoding.UTF8.GetBytes($$"""{"chunk": {{literal}}}""");
            turn.Append(raw, raw.AsSpan(10, raw.Length - 11));
        }

        turn.Publish();
    }

    public void Complete(string finishReason = "STOP") => Complete(new EngineOutcome { Answer = AnswerShape.Text, FinishReason = finishReason });

    public void Complete(EngineOutcome outcome) => _outcome.TrySetResult(outcome);

    public void Complete(TokenUsage? usage) => _outcome.TrySetResult(new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP", Usage = usage });

    public void Fail(FaultKind kind, string message = "it failed") => _outcome.TrySetResult(EngineOutcome.Failed(new EngineFault(kind, message)));

    public void Throw(Exception exception) => _outcome.TrySetException(exception);

    /// <summary>Ends when the gateway has cancelled the call; fails after ten seconds.</summary>
    public async Task CancelledAsync()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.UnsafeRegister(_ => cancelled.TrySetResult(), null);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
