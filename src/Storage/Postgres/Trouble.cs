using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>Tells once that something does not work, and once when everything works again.</summary>
internal sealed class Trouble(IStorageObserver? observer)
{
    private readonly Lock _gate = new();
    private int _failing;

    /// <summary>What may fail by itself.</summary>
    [Flags]
    public enum Part
    {
        Writes = 1,
        Presence = 2,
    }

    public void Failed(Part part, StorageUnavailableException failure)
    {
        lock (_gate)
        {
            if (_failing == 0)
            {
                observer?.Failed(failure);
            }

            _failing |= (int)part;
        }
    }

    public void Works(Part part)
    {
        if (Volatile.Read(ref _failing) == 0)
        {
            return;
        }

        lock (_gate)
        {
            var before = _failing;
            _failing &= ~(int)part;
            if (before != 0 && _failing == 0)
            {
                observer?.Recovered();
            }
        }
    }
}
