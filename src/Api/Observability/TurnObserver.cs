using Sluice.Core.Callers;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Api.Observability;

/// <summary>
/// Counts turns and writes of them what an operator has to know: nothing of those that go well, one line of each that fails or changes hands. Never what was said in them, nor
/// the engine's own words for a failure, which may repeat it.
/// </summary>
internal sealed partial class TurnObserver(TurnMetrics metrics, ILogger<TurnObserver> log) : ITurnObserver
{
    public void Accepted(TurnRequest request, TurnId turn, TurnState state)
    {
        metrics.Accepted();
        TurnAccepted(log, turn, request.Session, state);
    }

    public void Refused(TurnRequest request, Refusal refusal)
    {
        metrics.Refused(refusal);
        TurnRefused(log, request.Session, refusal);
    }

    public void Ended(EndedTurn turn, TimeSpan duration, Exception? defect)
    {
        var end = turn.End;
        metrics.Ended(end, duration);
        if (end.ServedBy?.Fallback is { } fallback)
        {
            FellBack(log, turn.Id, turn.Session, fallback);
        }

        if (defect is not null)
        {
            TurnDefect(log, defect, turn.Id, turn.Session);
        }
        else if (end.Fault is { } fault)
        {
            TurnFailed(log, turn.Id, turn.Session, end.State, fault.Code, fault.UpstreamStatus, duration.TotalMilliseconds);
        }
        else
        {
            TurnEnded(log, turn.Id, turn.Session, end.State, end.Cancelled, duration.TotalMilliseconds);
        }
    }

    public void TakenOver(Turn turn)
    {
        metrics.TakenOver();
        TurnTakenOver(log, turn.Id, turn.Session, turn.State);
    }

    public void Moved(Turn turn)
    {
        metrics.Moved();
        TurnMoved(log, turn.Id, turn.Session, turn.State);
    }

    public void Damaged(SessionKey session, StorageUnavailableException damage) => SessionDamaged(log, session.Session, session.Tenant, damage.Message);

    public void Defect(Exception defect) => HostDefect(log, defect);

    [LoggerMessage(10, LogLevel.Debug, "Turn {Turn} of session {Session} is {State}")]
    private static partial void TurnAccepted(ILogger log, TurnId turn, SessionId session, TurnState state);

    [LoggerMessage(11, LogLevel.Debug, "Session {Session} refused a request: {Refusal}")]
    private static partial void TurnRefused(ILogger log, SessionId session, Refusal refusal);

    [LoggerMessage(12, LogLevel.Debug, "Turn {Turn} of session {Session} ended as {State} ({Reason}) after {Milliseconds:0} ms")]
    private static partial void TurnEnded(ILogger log, TurnId turn, SessionId session, TurnState state, CancelReason? reason, double milliseconds);

    [LoggerMessage(13, LogLevel.Warning, "Turn {Turn} of session {Session} ended as {State}: {Code}, upstream status {UpstreamStatus}, after {Milliseconds:0} ms")]
    private static partial void TurnFailed(
        ILogger log, TurnId turn, SessionId session, TurnState state, string code, int? upstreamStatus, double milliseconds);

    [LoggerMessage(15, LogLevel.Warning, "Turn {Turn} of session {Session} was given to the fallback {Fallback}")]
    private static partial void FellBack(ILogger log, TurnId turn, SessionId session, string fallback);

    [LoggerMessage(14, LogLevel.Error, "Turn {Turn} of session {Session} ended by a defect of the gateway")]
    private static partial void TurnDefect(ILogger log, Exception defect, TurnId turn, SessionId session);

    [LoggerMessage(16, LogLevel.Information, "Turn {Turn} of session {Session}, {State}, was taken over from another process")]
    private static partial void TurnTakenOver(ILogger log, TurnId turn, SessionId session, TurnState state);

    [LoggerMessage(17, LogLevel.Information, "Turn {Turn} of session {Session}, {State}, goes on elsewhere")]
    private static partial void TurnMoved(ILogger log, TurnId turn, SessionId session, TurnState state);

    [LoggerMessage(18, LogLevel.Error, "Work of the sessions in the background failed by a defect of the gateway, and is done again")]
    private static partial void HostDefect(ILogger log, Exception defect);

    [LoggerMessage(19, LogLevel.Warning, "What is stored of session {Session} of tenant {Tenant} is damaged, and requests for it are refused: {Reason}")]
    private static partial void SessionDamaged(ILogger log, SessionId session, TenantId tenant, string reason);
}
