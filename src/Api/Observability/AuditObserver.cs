using Sluice.Core.Audit;
using Sluice.Core.Storage;

namespace Sluice.Api.Observability;

/// <summary>Tells the operator of the audit trail. The heads of its chains go into the log, which lies elsewhere: records cut off at the end are found by them.</summary>
internal sealed partial class AuditObserver(ILogger<AuditObserver> log) : IAuditObserver
{
    public void Opened(AuditHead head) => GoesOn(log, head.Chain, head.Sequence, head.Hash);

    public void Closed(AuditHead head) => Ends(log, head.Chain, head.Sequence, head.Hash);

    public void Failed(StorageUnavailableException failure) => CannotRecord(log, failure.Message);

    public void Recovered() => CanRecordAgain(log);

    public void Defect(Exception defect) => TrailDefect(log, defect);

    [LoggerMessage(45, LogLevel.Information, "Audit chain {Chain} goes on behind record {Sequence}, hash {Hash}")]
    private static partial void GoesOn(ILogger log, string chain, long sequence, string hash);

    [LoggerMessage(46, LogLevel.Information, "Audit chain {Chain} ends at record {Sequence}, hash {Hash}")]
    private static partial void Ends(ILogger log, string chain, long sequence, string hash);

    [LoggerMessage(47, LogLevel.Warning, "Decisions cannot be recorded, and wait: {Reason}")]
    private static partial void CannotRecord(ILogger log, string reason);

    [LoggerMessage(48, LogLevel.Information, "Decisions can be recorded again")]
    private static partial void CanRecordAgain(ILogger log);

    [LoggerMessage(49, LogLevel.Error, "The audit trail ended by a defect of the gateway")]
    private static partial void TrailDefect(ILogger log, Exception defect);
}
