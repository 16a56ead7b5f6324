using System.Diagnostics.Metrics;
using Sluice.Core.Storage;

namespace Sluice.Api.Observability;

/// <summary>Tells the operator that turns cannot be stored, and that they can be again.</summary>
internal sealed partial class StorageObserver(IMeterFactory meters, ILogger<StorageObserver> log) : IStorageObserver
{
    private readonly UpDownCounter<int> _unavailable =
        meters.Create(Core.Telemetry.SourceName).CreateUpDownCounter<int>("sluice.storage.unavailable", description: "1 while turns cannot be stored.");

    public void Failed(StorageUnavailableException failure)
    {
        _unavailable.Add(1);
        CannotStore(log, failure.Fault, failure.Message);
    }

    public void Recovered()
    {
        _unavailable.Add(-1);
        CanStoreAgain(log);
    }

    [LoggerMessage(33, LogLevel.Warning, "Turns cannot be stored ({Fault}), new ones are refused: {Reason}")]
    private static partial void CannotStore(ILogger log, StorageFault fault, string reason);

    [LoggerMessage(34, LogLevel.Information, "Turns can be stored again")]
    private static partial void CanStoreAgain(ILogger log);
}
