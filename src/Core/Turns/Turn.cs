using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;

namespace Sluice.Core.Turns;

/// <summary>
/// One request in a session, from acceptance to end. It runs beside the session and beside its readers: none of them waits for the engine, and the engine waits
/// for none of them.
/// </summary>
public sealed class Turn : Pulsed, IEngineTurn, IKnownTurn
{
    private const int NotCancelled = -1;

    private readonly Session _session;
    private CancellationTokenSource? _cancellation = new();
    private readonly long _acceptedTimestamp;
    private readonly TimeSpan? _grace;
    private ExecutionContext? _context;
    private TurnRequest? _request;
    private TurnJournal? _journal;
    private long _aloneSince;
    private int _cancelReason = NotCancelled;

    internal Turn(Session session, TurnRequest request)
    {
        _session = session;
        _request = request;
        _grace = request.Grace;
        Log = new TurnLog(session.Limits.LogEvents, session.Limits.LogBytes);
        AcceptedAt = session.Time.GetUtcNow();
        _acceptedTimestamp = session.Time.GetTimestamp();
        if (request.IdempotencyKey is not null)
        {
            Key = new IdempotencyKey(request.Caller.Subject, request.IdempotencyKey, request.Fingerprint);
        }
    }

    public TurnId Id { get; } = TurnId.New();

    public SessionId Session => _session.Key.Session;

    public TurnLog Log { get; }

    public DateTimeOffset AcceptedAt { get; }

    public DateTimeOffset? StartedAt { get; private set; }

    public TurnState State { get; internal set; } = TurnState.Queued;

    public TurnEnd? End { get; internal set; }

    /// <summary>Only until the turn ends: an ended turn does not hold on to what was said.</summary>
    public TurnRequest Request => _request ?? throw new InvalidOperationException("The turn has ended.");

    public string UserId => _session.UserId ?? Request.Caller.Subject;

    public bool IsHeld => true;

    /// <summary>The caller's key, kept as long as the turn.</summary>
    internal IdempotencyKey? Key { get; }

    IdempotencyKey? IKnownTurn.Key => Key;

    public Session Owner => _session;

    public long LastSequence => Log.LastSequence;

    /// <summary>Where it is written down; null: nowhere.</summary>
    internal TurnJournal? Journal => _journal;

    /// <summary>It is kept, and may be told of.</summary>
    internal bool IsAccepted => _journal is null or { IsAccepted: true };

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

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text) => Log.Append(raw, text);

    public void Publish() => Log.Publish();

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
    internal void WriteTo(SessionJournal journal) => _journal = new TurnJournal(journal, this, State);

    /// <summary>Remembers whose request this is, for a start on another's thread.</summary>
    internal void KeepContext() => _context = ExecutionContext.Capture();

    internal void Start()
    {
        StartedAt = _session.Time.GetUtcNow();
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
    }

    /// <summary>Cancels a turn that nobody reads, when its grace period has passed.</summary>
    protected internal override void OnPulse(long now)
    {
        _journal?.Write(now);
        if (_grace is not { } grace || State > TurnState.Running)
        {
            return;
        }

        if (Log.HasReaders)
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

    private void Run() => _ = _journal is null ? RunAsync() : RunWrittenAsync(_journal);

    private async Task RunWrittenAsync(TurnJournal journal)
    {
        var (go, end) = await journal.BeginAsync(StartedAt!.Value);
        if (go)
        {
            await RunAsync();
        }
        else if (end is not null)
        {
            _session.TurnEnded(this, await journal.EndAsync(end), defect: null);
        }

        // Else it was not accepted: the one who brought it takes it back.
    }

    private async Task EndUnrunAsync(TurnJournal journal, TurnEnd end)
    {
        if (await journal.WasAcceptedAsync())
        {
            _session.TurnEnded(this, await journal.EndAsync(end), defect: null);
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
            var outcome = await _session.Engine.RunAsync(this, cancellation.Token);
            end = EndOf(outcome);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            end = new TurnEnd { State = TurnState.Cancelled, At = _session.Time.GetUtcNow(), Cancelled = CancelledBecause };
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

        if (_journal is not null)
        {
            end = await _journal.EndAsync(end);
        }

        _session.TurnEnded(this, end, defect);
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
        Usage = outcome.Usage,
        ServedBy = outcome.ServedBy,
    };
}

/// <summary>A caller's key within a session, and the request it stands for.</summary>
public sealed record IdempotencyKey(string Subject, string Value, string? Fingerprint);
