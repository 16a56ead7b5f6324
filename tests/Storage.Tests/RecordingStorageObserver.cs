using Sluice.Core.Storage;

namespace Sluice.Storage.Tests;

/// <summary>Keeps what it was told.</summary>
internal sealed class RecordingStorageObserver : IStorageObserver
{
    private readonly List<string> _said = [];

    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_said)
            {
                return [.. _said];
            }
        }
    }

    public void Failed(StorageUnavailableException failure) => Say(failure.Fault.ToString());

    public void Recovered() => Say("recovered");

    private void Say(string what)
    {
        lock (_said)
        {
            _said.Add(what);
        }
    }
}
