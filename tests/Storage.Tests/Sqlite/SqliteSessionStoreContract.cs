using Sluice.Core.Storage;
using Sluice.Storage.Sqlite;

namespace Sluice.Storage.Tests.Sqlite;

public sealed class SqliteSessionStoreContract : SessionStoreContract, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override Task<ISessionStore> OpenAsync() =>
        Task.FromResult<ISessionStore>(SqliteSessionStore.Open(new SqliteOptions { Path = _directory.File }, TimeProvider.System));

    protected override async Task CloseAsync(ISessionStore store) => await ((SqliteSessionStore)store).DisposeAsync();

    protected override Task<long> CountRequestsAsync() => Task.FromResult(_directory.Scalar<long>("select count(*) from requests"));
}
