using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.Storage.Sqlite;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Sqlite;

public sealed class UpgradeTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Turns_without_an_end_of_the_first_version_are_there_to_be_taken_over()
    {
        var (running, waiting, done) = (TurnId.New(), TurnId.New(), TurnId.New());
        MakeFirstVersion(
            $"""
            insert into sessions (number, tenant, session, user_id, created_at, last_activity_at) values
                (1, 'local', 's1', 'ada', '2026-01-01T12:00:00.0000000Z', '2026-01-01T12:00:00.0000000Z'),
                (2, 'local', 's2', null, '2026-01-01T12:00:00.0000000Z', '2026-01-01T12:00:00.0000000Z');
            insert into turns (turn, session, state, accepted_at, started_at, last_activity_at, last_sequence, ended) values
                ('{running}', 1, 'running', '2026-01-01T12:00:00.0000000Z', '2026-01-01T12:00:00.0000000Z', '2026-01-01T12:00:00.0000000Z', 1, null),
                ('{waiting}', 1, 'queued', '2026-01-01T12:00:01.0000000Z', null, '2026-01-01T12:00:01.0000000Z', 1, null),
                ('{done}', 2, 'completed', '2026-01-01T12:00:00.0000000Z', null, '2026-01-01T12:00:00.0000000Z', 2,
                    cast('{"{\"state\":\"Completed\",\"at\":\"2026-01-01T12:00:00+00:00\"}"}' as blob));
            """);

        await using var store = SqliteSessionStore.Open(new SqliteOptions { Path = _directory.File }, TimeProvider.System);

        (await store.FindAbandonedAsync(10, None)).ShouldBe([Key()]);
        var found = (await store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        (found.Epoch, found.Holder, found.IsUnfinished).ShouldBe((0, SessionHolder.Nobody, true));
        var taken = (await store.TakeAsync(Key(), 0, None)).ShouldNotBeNull();
        taken.IsHandedOver.ShouldBeFalse("its readers may have seen more than is kept");
        taken.Unfinished.Select(turn => turn.Turn.Turn).ShouldBe([running, waiting]);
        taken.Unfinished.ShouldAllBe(turn => turn.Request == null);
        var end = new StoredEnd(new TurnEnd { State = TurnState.Unknown, At = DateTimeOffset.UnixEpoch }, 2, null);
        (await store.EndAsync(new TurnProgress { Turn = new HeldTurn(Key(), running, 1), At = DateTimeOffset.UnixEpoch }, end, None)).ShouldBeTrue();
        (await store.FindTurnAsync(TenantId.Local, done, None)).ShouldNotBeNull().State.ShouldBe(TurnState.Completed);
        var second = new AcceptedTurn
        {
            Session = Key("s2"),
            Turn = TurnId.New(),
            State = TurnState.Running,
            At = DateTimeOffset.UnixEpoch,
            UserId = null,
            SessionCreatedAt = DateTimeOffset.UnixEpoch,
            Epoch = 1,
            Request = Request("hello", "s2"),
        };
        (await store.AcceptAsync(second, None)).ShouldBe(Acceptance.Accepted);
    }

    private void MakeFirstVersion(string rows)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.File};Pooling=false");
        connection.Open();
        Migrations.Apply(connection, DateTimeOffset.UnixEpoch, steps: 1);
        using var command = connection.CreateCommand();
        command.CommandText = rows;
        command.ExecuteNonQuery();
    }
}
