using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.Storage.Sqlite;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Sqlite;

/// <summary>A disk that is full, a file that another holds, a file that is damaged: said as what it is, and nothing acknowledged is lost by it.</summary>
public sealed class SqliteTroubleTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();
    private readonly RecordingStorageObserver _observer = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Full_disk_is_said_and_what_was_acknowledged_is_there()
    {
        var acknowledged = new List<TurnId>();
        await using (var store = Open(new SqliteOptions { Path = _directory.File, MaxPages = 100 }))
        {
            var full = await Should.ThrowAsync<StorageUnavailableException>(async () =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    var turn = TurnId.New();
                    await AcceptAsync(store, turn);
                    await store.EndAsync(Progress(turn, bytes: 4000), Completed, None);
                    acknowledged.Add(turn);
                }
            });
            full.Fault.ShouldBe(StorageFault.Full);
            acknowledged.Count.ShouldBeGreaterThan(20);

            // Room again: it goes on.
            await store.ForgetAsync(Key(), None);
            await AcceptAsync(store, TurnId.New(), "after");
            acknowledged.Clear();
        }

        _observer.Said.ShouldBe(["Full", "recovered"]);
    }

    [Fact]
    public async Task Write_too_large_for_what_is_left_takes_no_other_with_it()
    {
        await using var store = Open(new SqliteOptions { Path = _directory.File, MaxPages = 100 });
        var (large, small) = (TurnId.New(), TurnId.New());
        await AcceptAsync(store, large);
        var blocked = Hold();
        var refused = store.AppendAsync(Progress(large, bytes: 1_000_000), None).AsTask();
        var kept = AcceptAsync(store, small);
        blocked.Dispose();
        (await Should.ThrowAsync<StorageUnavailableException>(() => refused)).Fault.ShouldBe(StorageFault.Full);
        await kept;
        (await store.FindTurnAsync(TenantId.Local, small, None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Locked_database_is_said_and_used_again_when_it_is_free()
    {
        await using var store = Open(new SqliteOptions { Path = _directory.File, BusyTimeout = TimeSpan.FromMilliseconds(50) });
        var before = TurnId.New();
        await AcceptAsync(store, before);
        using (Hold())
        {
            var locked = await Should.ThrowAsync<StorageUnavailableException>(() => AcceptAsync(store, TurnId.New()));
            locked.Fault.ShouldBe(StorageFault.Locked);
            (await store.FindTurnAsync(TenantId.Local, before, None)).ShouldNotBeNull("readers do not wait for a writer");
        }

        await AcceptAsync(store, TurnId.New());
        _observer.Said.ShouldBe(["Locked", "recovered"]);
    }

    [Fact]
    public void File_that_is_no_database_is_refused()
    {
        File.WriteAllText(_directory.File, new string('x', 10_000));
        Should.Throw<StorageUnavailableException>(() => Open(new SqliteOptions { Path = _directory.File })).Fault.ShouldBe(StorageFault.Corrupt);
    }

    [Fact]
    public async Task Database_of_a_later_version_is_refused()
    {
        await Open(new SqliteOptions { Path = _directory.File }).DisposeAsync();
        Execute("insert into migrations (number, applied_at) values (999, 'later')");
        Should.Throw<StorageUnavailableException>(() => Open(new SqliteOptions { Path = _directory.File })).Message.ShouldContain("later version");
    }

    [Fact]
    public async Task Directory_that_is_not_there_is_said()
    {
        var nowhere = Path.Combine(_directory.Path, "missing", "sluice.db");
        Should.Throw<StorageUnavailableException>(() => Open(new SqliteOptions { Path = nowhere })).Fault.ShouldBe(StorageFault.Unreachable);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Ten_that_start_at_once_make_the_schema_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => Open(new SqliteOptions { Path = _directory.File }))));
        foreach (var (number, store) in stores.Index())
        {
            await AcceptAsync(store, TurnId.New(), $"s{number}");
            await store.DisposeAsync();
        }

        Scalar("select max(number) = count(*) from migrations").ShouldBe(1L);
        Scalar("select count(*) from turns").ShouldBe(10L);
    }

    [Fact]
    public async Task Queue_of_writes_is_bounded_and_says_so()
    {
        await using var store = Open(new SqliteOptions { Path = _directory.File, WaitingWrites = 4 });
        var held = Hold();
        var accepting = Enumerable.Range(0, 20).Select(_ => AcceptAsync(store, TurnId.New())).ToList();
        var busy = await Should.ThrowAsync<StorageUnavailableException>(() => accepting[^1]);
        busy.Fault.ShouldBe(StorageFault.Busy);
        held.Dispose();
        foreach (var accepted in accepting.Where(accepted => !accepted.IsFaulted))
        {
            await accepted;
        }

        Scalar("select count(*) from turns").ShouldBe((long)accepting.Count(accepted => accepted.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Damaged_row_is_said_to_be_damaged()
    {
        await using var store = Open(new SqliteOptions { Path = _directory.File });
        var turn = TurnId.New();
        await AcceptAsync(store, turn);
        Execute("update turns set state = 'sideways'");
        var damaged = await Should.ThrowAsync<StorageUnavailableException>(() => store.FindTurnAsync(TenantId.Local, turn, None).AsTask());
        damaged.Fault.ShouldBe(StorageFault.Corrupt);
    }

    private SqliteSessionStore Open(SqliteOptions options) => SqliteSessionStore.Open(options, TimeProvider.System, _observer);

    /// <summary>Holds the lock for writing until it is disposed of.</summary>
    private Holder Hold() => new(_directory.File);

    private static async Task AcceptAsync(ISessionStore store, TurnId turn, string session = "s1") => (await store.AcceptAsync(
        new AcceptedTurn
        {
            Session = Key(session),
            Turn = turn,
            State = TurnState.Running,
            At = DateTimeOffset.UnixEpoch,
            UserId = null,
            SessionCreatedAt = DateTimeOffset.UnixEpoch,
            Epoch = 1,
            Request = Request("hello", session),
        },
        None)).ShouldBe(Acceptance.Accepted);

    private static TurnProgress Progress(TurnId turn, int bytes) =>
        new() { Turn = new HeldTurn(Key(), turn, 1), At = DateTimeOffset.UnixEpoch, Events = new StoredEvents(2, 1, new byte[bytes]) };

    private static StoredEnd Completed => new(new TurnEnd { State = TurnState.Completed, At = DateTimeOffset.UnixEpoch }, 3, null);

    private void Execute(string sql) => _ = Scalar(sql);

    private object? Scalar(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private sealed class Holder : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteTransaction _transaction;

        public Holder(string file)
        {
            _connection = new SqliteConnection($"Data Source={file};Pooling=false");
            _connection.Open();
            _transaction = _connection.BeginTransaction();
        }

        public void Dispose()
        {
            _transaction.Dispose();
            _connection.Dispose();
        }
    }
}
