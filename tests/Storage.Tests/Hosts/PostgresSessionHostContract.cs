using Sluice.Contracts;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Storage.Tests.Postgres;

namespace Sluice.Storage.Tests.Hosts;

[NeedsPostgres]
public sealed class PostgresSessionHostContract : SessionHostContract
{
    private TestDatabase? _database;

    protected override bool HasStore => true;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _database!.DisposeAsync();
    }

    protected override async Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer)
    {
        _database = await TestDatabase.CreateAsync();
        return StoredHost.Start(await _database.OpenAsync(), engine, limits, time, observer);
    }
}

[NeedsPostgres]
public sealed class PostgresSessionHostProperties : SessionHostProperties
{
    protected override async Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer)
    {
        var database = await TestDatabase.CreateAsync();
        return StoredHost.Start(await database.OpenAsync(), engine, limits, time, observer);
    }
}
