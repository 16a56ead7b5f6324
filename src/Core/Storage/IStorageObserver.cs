namespace Sluice.Core.Storage;

/// <summary>Told when a store stops to work and when it works again, once each. Must be quick and must not throw.</summary>
public interface IStorageObserver
{
    void Failed(StorageUnavailableException failure);

    void Recovered();
}
