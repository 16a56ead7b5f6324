using Sluice.Core.Sessions;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>All writes: those of one session always in the same lane, one after the other.</summary>
internal sealed class Lanes(Connections connections, PostgresOptions options, Trouble trouble) : IAsyncDisposable
{
    private readonly Lane[] _lanes =
        [.. Enumerable.Range(0, options.Lanes).Select(_ => new Lane(connections, options.WaitingWrites / options.Lanes, trouble))];

    /// <summary>Takes a write; it is made after all for its session that were taken before.</summary>
    /// <exception cref="StorageUnavailableException">As much waits as may, or the store is closed.</exception>
    public async ValueTask<T> WriteAsync<T>(Write<T> write, CancellationToken cancellationToken)
    {
        if (!_lanes[LaneOf(write.Session)].TryTake(write))
        {
            throw new StorageUnavailableException(StorageFault.Busy, "As much waits to be stored as may.");
        }

        return await write.Done.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_lanes.Select(lane => lane.DisposeAsync().AsTask()));

    private int LaneOf(SessionKey session) => (int)((uint)session.GetHashCode() % (uint)_lanes.Length);
}
