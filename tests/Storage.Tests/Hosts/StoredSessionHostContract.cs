using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Storage.Tests.Sqlite;

namespace Sluice.Storage.Tests.Hosts;

public sealed class StoredSessionHostContract : SessionHostContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override bool HasStore => true;

    protected override Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        Task.FromResult<IHostUnderTest>(StoredHost.Start(_directory.File, engine, limits, time, observer));
}

public sealed class StoredSessionHostProperties : SessionHostProperties, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer) =>
        Task.FromResult<IHostUnderTest>(StoredHost.Start(_directory.File, engine, limits, time, observer));
}
