using Sluice.Core.Storage;

namespace Sluice.Grains.Serialization;

[GenerateSerializer, Immutable, Alias("sluice.storage-unavailable")]
internal struct StorageUnavailableSurrogate
{
    [Id(0)]
    public int Fault;

    [Id(1)]
    public string Message;
}

[RegisterConverter]
internal sealed class StorageUnavailableConverter : IConverter<StorageUnavailableException, StorageUnavailableSurrogate>
{
    public StorageUnavailableException ConvertFromSurrogate(in StorageUnavailableSurrogate surrogate) => new((StorageFault)surrogate.Fault, surrogate.Message);

    public StorageUnavailableSurrogate ConvertToSurrogate(in StorageUnavailableException value) => new() { Fault = (int)value.Fault, Message = value.Message };
}
