using Sluice.Core.Keys;
using Sluice.Storage.Sqlite;
using Sluice.Storage.Tests.Sqlite;

namespace Sluice.Storage.Tests.Access;

public sealed class SqliteKeyStoreContract : KeyStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "keys.db");

    [Fact]
    public void Only_its_owner_can_read_the_file()
    {
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public override Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }

    protected override Task<IKeyStore> OpenAsync() => Task.FromResult<IKeyStore>(SqliteKeyStore.Open(File, TimeProvider.System));
}
