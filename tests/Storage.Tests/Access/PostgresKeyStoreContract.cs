using Sluice.Core.Keys;
using Sluice.Storage.Postgres;
using Sluice.Storage.Tests.Postgres;

namespace Sluice.Storage.Tests.Access;

[NeedsPostgres]
public sealed class PostgresKeyStoreContract : KeyStoreContract
{
    private readonly List<PostgresAccess> _opened = [];
    private TestDatabase _database = null!;

    public override async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        foreach (var access in _opened)
        {
            await access.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    protected override async Task<IKeyStore> OpenAsync()
    {
        _opened.Add(await PostgresAccess.OpenAsync(new PostgresOptions { ConnectionString = _database.ConnectionString }, TimeProvider.System));
        return _opened[^1].Keys;
    }
}
