using Sluice.Core.Engines;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;

namespace Sluice.Core.Turns;

/// <summary>
/// One request in a session, from acceptance to end. It runs beside the session and beside its readers: none of them waits for the engine, and the engine waits
/// for none of them.
/// </summary>
public sealed class Turn : Pulsed, IInterruptedTurn, IKnownTurn
{
    private const int NotCancelled = -1;

    /// <summary>Those who read a turn elsewhere have to find it first: for so long it does not count as left alone, whatever its grace period.</summary>
    private static readonly TimeSpan FindingTime = TimeSpan.FromSeconds(30);

    private static readonly TaskCompletionSource Over = MakeOver();

    private readonly Session _session;
    private TaskCompletionSource? _ended;
    private CancellationTokenSource? _cancellation = new();
    private readonly long _acceptedTimestamp;
    private readonly TimeSpan? _grace;
    private readonly bool _wasInterrupted;
    private ExecutionContext? _context;
    private TurnRequest? _request;
    private TurnJournal? _journal;
    private long _aloneSince;
    private long _followedUntil;
    private int _cancelReason = NotCancelled;

    // By the thread that the engine's client is on.
    private bool _isSpent;

    internal Turn(Session session, TurnRequest request, TurnId id)
    {
        _session = session;
        _request = request;
        _grace = request.Grace;
        Id = id;
        Log = new TurnLog(session.Limits.LogEvents, session.Limits.LogBytes);
        AcceptedAt = session.Time.GetUtcNow();
        _acceptedTimestamp = session.Time.GetTimestamp();
        if (request.IdempotencyKey is not null)
        {
            Key = new IdempotencyKey(request.Caller.Subject, request.IdempotencyKey, request.Fingerprint);
        }
    }

    /// <summary>A turn that was taken over.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="kept">What is kept of it.</param>
    /// <param name="isWhole">All that anyone was shown of it is kept.</param>
    internal Turn(Session session, UnfinishedTurn kept, bool isWhole)
    {
        _session = session;
        _request = kept.Request;
        _grace = kept.Request?.Grace;
        _wasInterrupted = kept.Turn.State == TurnState.Running;
        (Id, Key, State, AcceptedAt, StartedAt) = (kept.Turn.Turn, kept.Turn.Key, kept.Turn.State, kept.Turn.AcceptedAt, kept.Turn.StartedAt);
        _acceptedTimestamp = session.Time.GetTimestamp();
        NoteFollowed(FindingTime);
        Log = new TurnLog(session.Limits.LogEvents, session.Limits.LogBytes);
        StoredLog.Fill(Log, kept.Turn, kept.Events);
        if (_wasInterrupted && !isWhole)
        {
            Log.FallBehind();
        }
    }

    public TurnId Id { get; }

    public SessionId Session => _session.Key.Session;

    public TurnLog Log { get; }

    public DateTimeOffset AcceptedAt { get; }

    public DateTimeOffset? StartedAt { get; private set; }

    public TurnState State { get; internal set; } = TurnState.Queued;

    public TurnEnd? End { get; internal set; }

    /// <summary>Only until the turn ends: an ended turn does not hold on to what was said.</summary>
    public TurnRequest Request => _request ?? throw new InvalidOperationException("The turn has ended.");

    /// <summary>The same, where it may be that nobody knows it any more.</summary>
    internal TurnRequest? Said => _request;

    public string UserId => _session.UserId ?? Request.Caller.Subject;

    /// <inheritdoc/>
    public bool IsFirst { get; internal init; }

    /// <inheritdoc/>
    public bool IsFree { get; set; }

    public bool IsHeld => _journal?.IsHeld ?? true;

    public ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => _journal?.HoldAsync(cancellationToken) ?? new(result: true);

    DateTimeOffset IInterruptedTurn.StartedAt => StartedAt ?? AcceptedAt;

    IReadOnlyList<ReadOnlyMemory<byte>> IInterruptedTurn.Kept => Log.RawEvents();

    bool IInterruptedTurn.HasDropped => Log.HasDropped;

    void IInterruptedTurn.ContinueExactly() => Log.ContinueExactly();

    /// <summary>The caller's key, kept as long as the turn.</summary>
    internal IdempotencyKey? Key { get; }

    IdempotencyKey? IKnownTurn.Key => Key;

    public Session Owner => _session;

    public long LastSequence => Log.LastSequence;

    /// <summary>Where it is written down; null: nowhere.</summary>
    internal TurnJournal? Journal => _journal;

    /// <summary>What it may take of its caller's limits; null: they do not limit it.</summary>
    internal TurnAllowance? Allowance { get; set; }

    /// <summary>It is kept, and may be told of.</summary>
    internal bool IsAccepted => _journal is null or { IsAccepted: true };

    /// <summary>It is another host's now, and what happens to it here does not matter any more. Under the session's lock.</summary>
    internal bool HasLeft { get; set; }

    /// <summary>Of a turn that was cancelled while it waited: done when its end is told.</summary>
    internal Task Cancelled { get; private set; } = Task.CompletedTask;

    internal TimeSpan Age => _session.Time.GetElapsedTime(_acceptedTimestamp);

    internal CancelReason? CancelledBecause
    {
        get
        {
            var reason = Volatile.Read(ref _cancelReason);
            return reason == NotCancelled ? null : (CancelReason)reason;
        }
    }

    public EngineSession? EngineSessionAt(string engine) => _session.EngineSessionAt(engine);

    public void BindEngineSession(EngineSession session) => _session.BindEngineSession(session);

    public void ReleaseEngineSession(EngineSession session) => _session.ReleaseEngineSession(session);

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        Log.Append(raw, text);
        if (!IsFree && Allowance is { } allowance)
        {
            _isSpent |= !allowance.Streamed(TokenEstimate.InsideQuotes(text.Length));
        }
    }

    public void Report(TokenUsage soFar)
    {
        if (Allowance is { } allowance)
        {
            _isSpent |= !allowance.Reported(soFar);
        }
    }

    public void Publish()
    {
        Log.Publish();
        if (_isSpent)
        {
            // What has come is shown, for it is paid for.
            StopEngine();
        }
    }

    public ITurnReader Open(long cursor, ReadInterest interest) => Log.Open(Session, Id, cursor, interest);

    public TurnSnapshot Snapshot() => new()
    {
        Turn = Id,
        Session = Session,
        State = State,
        AcceptedAt = AcceptedAt,
        StartedAt = StartedAt,
        LastSequence = Log.LastSequence,
        End = End,
    };

    /// <summary>Has the turn written down from its acceptance on. Before anyone sees it.</summary>
    internal void WriteTo(SessionJournal journal, bool goesFirst, bool cameByLetter)
    {
        _journal = new TurnJournal(journal, this);
        _journal.Accept(goesFirst, cameByLetter);
    }

    /// <summary>Has a turn that was taken over written down from here on.</summary>
    internal void GoOnWriting(SessionJournal journal) => _journal = new TurnJournal(journal, this);

    /// <summary>Somebody on another node follows it: it is not alone for a while.</summary>
    internal void NoteFollowed(TimeSpan lasts) => Volatile.Write(ref _followedUntil, Math.Max(Volatile.Read(ref _followedUntil), _session.After(lasts)));

    internal bool IsFollowed(long now) => now < Volatile.Read(ref _followedUntil);

    /// <summary>Remembers whose request this is, for a start on another's thread.</summary>
    internal void KeepContext() => _context = ExecutionContext.Capture();

    internal void Start()
    {
        if (!_wasInterrupted)
        {
            StartedAt = _session.Time.GetUtcNow();
        }

        if (_context is not { } context)
        {
            Run();
            return;
        }

        _context = null;
        ExecutionContext.Run(context, static turn => ((Turn)turn!).Run(), this);
    }

    /// <summary>For a turn that waited and is not to run.</summary>
    internal void EndUnrun(TurnEnd end)
    {
        if (_journal is null)
        {
            _session.TurnEnded(this, end, defect: null);
        }
        else
        {
            Cancelled = EndUnrunAsync(_journal, end);
        }
    }

    /// <summary>Notes the first reason. True when it was this one.</summary>
    internal bool NoteCancelled(CancelReason reason) => Interlocked.CompareExchange(ref _cancelReason, (int)reason, NotCancelled) == NotCancelled;

    /// <summary>Reaches the engine; the turn ends when the engine's client has let go.</summary>
    internal void StopEngine()
    {
        // Not disposed of at the end: it holds no timer and no handle, and a late cancel must find it whole.
        Volatile.Read(ref _cancellation)?.Cancel();
    }

    internal void Release()
    {
        _request = null;
        _cancellation = null;
        Interlocked.CompareExchange(ref _ended, Over, null)?.TrySetResult();
    }

    /// <summary>Done when it has ended, or was taken back.</summary>
    internal Task EndedAsync()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _ended, waiting, null) ?? waiting).Task;
    }

    /// <summary>Cancels a turn that nobody reads, when its grace period has passed.</summary>
    protected internal override void OnPulse(long now)
    {
        _journal?.Write(now);
        if (_grace is not { } grace || State > TurnState.Running)
        {
            return;
        }

        if (Log.HasReaders || IsFollowed(now))
        {
            _aloneSince = 0;
            return;
        }

        if (_aloneSince == 0)
        {
            _aloneSince = now;
        }

        if (_session.Time.GetElapsedTime(_aloneSince, now) >= grace)
        {
            _session.Cancel(this, CancelReason.Abandoned);
        }
    }

    private static TaskCompletionSource MakeOver()
    {
        var over = new TaskCompletionSource();
        over.SetResult();
        return over;
    }

    private void Run() => _ = _journal is null ? RunAsync() : RunWrittenAsync(_journal);

    private async Task RunWrittenAsync(TurnJournal journal)
    {
        switch (await journal.BeginAsync(StartedAt!.Value))
        {
            case (TurnStart.Go, _):
                await RunAsync();
                break;
            case (TurnStart.Lost, _):
                _session.Lose(this);
                break;
            case (_, { } end):
                await EndAsync(journal, end, defect: null);
                break;
        }

        // Else it was not accepted: the one who brought it takes it back.
    }

    private async Task EndUnrunAsync(TurnJournal journal, TurnEnd end)
    {
        if (await journal.WasAcceptedAsync())
        {
            await EndAsync(journal, end, defect: null);
        }
    }

    // Told as it was stored. One that another holds by now has its end from there.
    private async ValueTask EndAsync(TurnJournal journal, TurnEnd end, Exception? defect)
    {
        if (await journal.EndAsync(end) is { } told)
        {
            _session.TurnEnded(this, told, defect);
        }
        else
        {
            _session.Lose(this);
        }
    }

    // The session owns the run and hears of its end on every path, so nobody keeps the task: a remembered turn would hold on to all the run held.
    private async Task RunAsync()
    {
        var cancellation = _cancellation!;
        var activity = Telemetry.StartTurn(this);
        Exception? defect = null;
        TurnEnd end;
        try
        {
            // It may have been cancelled while its start was stored.
            cancellation.Token.ThrowIfCancellationRequested();
            end = EndOf(await CallEngineAsync(cancellation.Token));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            end = CancelledBecause is null && Allowance is { Exhausted: { } quota }
                ? EndOf(EngineOutcome.Failed(BudgetExhausted(quota)))
                : new TurnEnd { State = TurnState.Cancelled, At = _session.Time.GetUtcNow(), Cancelled = CancelledBecause, Usage = UsageOf(outcome: default) };
        }
#pragma warning disable CA1031 // A turn always ends. This is where what nobody expected becomes its end, and is handed on whole to the observer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            defect = e;
            end = EndOf(EngineOutcome.Failed(new EngineFault(FaultKind.Internal, "The gateway failed on this turn; the trace id finds it in the logs.")));
        }

        if (activity is not null)
        {
            Telemetry.EndTurn(activity, end);
        }

        if (_journal is { } journal)
        {
            await EndAsync(journal, end, defect);
        }
        else
        {
            _session.TurnEnded(this, end, defect);
        }
    }

    private ValueTask<EngineOutcome> CallEngineAsync(CancellationToken cancellationToken) => this switch
    {
        // Taken over, and what was said cannot be read: nobody can say it again.
        { _request: null } => new(EngineOutcome.Failed(new EngineFault(FaultKind.Interrupted, "The gateway stopped before the turn had ended.")
        {
            NeverStarted = !_wasInterrupted,
        })),
        { _wasInterrupted: true } => _session.Engine.ResumeAsync(this, cancellationToken),
        _ => _session.Engine.RunAsync(this, cancellationToken),
    };

    private static EngineFault BudgetExhausted(Quota quota)
    {
        Telemetry.Limited(quota, "spent");
        return new EngineFault(FaultKind.BudgetExhausted, $"The turn was stopped: the budget is spent (policy {quota.Name}). What it had said by then is all there is.") { Started = true };
    }

    /// <summary>What it has taken of its caller's limits, now that it is over.</summary>
    internal long TokensOf(TurnEnd end) => StartedAt is null ? 0 : end.Usage?.Total ?? 0;

    /// <summary>What an engine was asked for this turn, if one was.</summary>
    private TokenUsage? UsageOf(in EngineOutcome outcome)
    {
        if (outcome.Usage is not null || Allowance is not { CountsTokens: true } allowance)
        {
            return outcome.Usage;
        }

        // A turn that certainly did not begin, or that was refused as it is, takes nothing.
        var estimate = allowance.Estimate;
        var isFree = IsFree
            || (estimate.OutputTokens == 0 && outcome.Fault is { Retry: RetryVerdict.NotStarted }
                or { Kind: FaultKind.NotConfigured or FaultKind.Unauthenticated or FaultKind.PermissionDenied or FaultKind.EngineNotFound or FaultKind.InvalidRequest or FaultKind.NoQuota });
        return isFree ? null : estimate;
    }

    private TurnEnd EndOf(EngineOutcome outcome) => new()
    {
        State = outcome.Fault switch
        {
            null => TurnState.Completed,
            { LeavesTurnUnknown: true } => TurnState.Unknown,
            _ => TurnState.Failed,
        },
        At = _session.Time.GetUtcNow(),
        Fault = outcome.Fault,
        Answer = outcome.Answer,
        FinishReason = outcome.FinishReason,
        Usage = UsageOf(outcome),
        ServedBy = outcome.ServedBy,
    };
}

/// <summary>A caller's key within a session, and the request it stands for.</summary>
public sealed record IdempotencyKey(string Subject, string Value, string? Fingerprint);
