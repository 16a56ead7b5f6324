using Sluice.Core.Storage;
using Sluice.Storage.Postgres;

namespace Sluice.Storage.Tests.Postgres;

[NeedsPostgres]
public sealed class PostgresSessionStoreContract : SessionStoreContract
{
    private TestDatabase _database = null!;

    public override async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }

    protected override async Task<ISessionStore> OpenAsync() => await _database.OpenAsync();

    protected override Task CloseAsync(ISessionStore store) => _database.CloseAsync((PostgresSessionStore)store);

    protected override Task<long> CountRequestsAsync() => _database.ScalarAsync<long>("select count(*) from turns where request is not null");
}
