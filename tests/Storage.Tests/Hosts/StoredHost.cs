using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Storage.Sqlite;

namespace Sluice.Storage.Tests.Hosts;

/// <summary>A host on a SQLite file, or on a store of the test's own, with its peers if it has any.</summary>
internal sealed class StoredHost(StoredSessionHost host, Pulse pulse, ISessionStore store) : IHostUnderTest
{
    public ISessionHost Host => host;

    public static StoredHost Start(string file, IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        Start(SqliteSessionStore.Open(new SqliteOptions { Path = file }, time), engine, limits, time, observer);

    public static StoredHost Start(ISessionStore store, IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer)
    {
        var pulse = new Pulse(time);
        var journal = new SessionJournal(store, time, patience: TimeSpan.FromSeconds(30));
        return new StoredHost(new StoredSessionHost(engine, limits, pulse, observer, journal, store as IPeers), pulse, store);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        pulse.Dispose();
        if (store is IAsyncDisposable closed)
        {
            await closed.DisposeAsync();
        }
    }
}
