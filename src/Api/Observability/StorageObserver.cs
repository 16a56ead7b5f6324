using Sluice.Core.Storage;

namespace Sluice.Api.Observability;

/// <summary>Tells the operator that turns cannot be stored, and that they can be again.</summary>
internal sealed partial class StorageObserver(ILogger<StorageObserver> log) : IStorageObserver
{
    public void Failed(StorageUnavailableException failure) => CannotStore(log, failure.Fault, failure.Message);

    public void Recovered() => CanStoreAgain(log);

    [LoggerMessage(33, LogLevel.Warning, "Turns cannot be stored ({Fault}), new ones are refused: {Reason}")]
    private static partial void CannotStore(ILogger log, StorageFault fault, string reason);

    [LoggerMessage(34, LogLevel.Information, "Turns can be stored again")]
    private static partial void CanStoreAgain(ILogger log);
}
