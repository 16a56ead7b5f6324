using Sluice.Core.Storage;

namespace Sluice.Core.Audit;

/// <summary>Hears of an audit trail. Heads that are told elsewhere, where they cannot be changed, are what a removed end of a chain is found by.</summary>
public interface IAuditObserver
{
    /// <param name="head">Behind which it goes on.</param>
    void Opened(AuditHead head);

    void Closed(AuditHead head);

    /// <summary>The first of failures in a row.</summary>
    void Failed(StorageUnavailableException failure);

    void Recovered();

    void Defect(Exception defect);
}
