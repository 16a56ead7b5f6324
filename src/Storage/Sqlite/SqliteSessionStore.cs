using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Sqlite;

/// <summary>Sessions in a SQLite file, for one node.</summary>
public sealed class SqliteSessionStore : ISessionStore, IAsyncDisposable
{
    private readonly SqliteFile _file;
    private readonly Writer _writer;
    private readonly Readers _readers;

    private SqliteSessionStore(SqliteFile file, SqliteOptions options, IStorageObserver? observer)
    {
        _file = file;
        _writer = new Writer(file, options.WaitingWrites, observer);
        _readers = new Readers(file, options.Readers, options.WaitingReads);
    }

    /// <summary>Opens the file, makes it if there is none, and brings its schema up to date.</summary>
    /// <param name="options">The file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="observer">Told of trouble with writing.</param>
    /// <exception cref="StorageUnavailableException">It cannot be used.</exception>
    public static SqliteSessionStore Open(SqliteOptions options, TimeProvider time, IStorageObserver? observer = null)
    {
        var file = new SqliteFile(options);
        try
        {
            using var connection = file.OpenForWriting();
            Migrations.Apply(connection, time.GetUtcNow());
        }
        catch (SqliteException e)
        {
            throw SqliteFaults.Of(e);
        }

        return new SqliteSessionStore(file, options, observer);
    }

    public ValueTask<StoredSession?> FindSessionAsync(SessionKey session, int turns, CancellationToken cancellationToken) => _readers.ReadAsync(
        db =>
        {
            var found = db.Query(
                "select number, user_id, engine_sessions, created_at, last_activity_at from sessions where tenant = $1 and session = $2",
                static row => (
                    Number: row.GetInt64(0),
                    UserId: row.IsDBNull(1) ? null : row.GetString(1),
                    EngineSessions: row.IsDBNull(2) ? [] : EngineSessionsJson.Read((byte[])row[2]),
                    CreatedAt: Timestamp.Read(row.GetString(3)),
                    LastActivityAt: Timestamp.Read(row.GetString(4))),
                session.Tenant.Value, session.Session.Value);
            return found is not [var row] ? null : new StoredSession
            {
                UserId = row.UserId,
                EngineSessions = row.EngineSessions,
                CreatedAt = row.CreatedAt,
                LastActivityAt = row.LastActivityAt,
                Turns = turns == 0 ? [] : NewestTurns(db, row.Number, turns),
            };
        },
        cancellationToken);

    public ValueTask<StoredTurn?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) => _readers.ReadAsync(
        db => db.Query(
            $"select {Rows.TurnColumns} from turns t join sessions s on s.number = t.session where t.turn = $1 and s.tenant = $2",
            Rows.Turn, turn.ToString(), tenant.Value).SingleOrDefault(),
        cancellationToken);

    public ValueTask<StoredTurn?> FindTurnAsync(SessionKey session, string subject, string key, CancellationToken cancellationToken) => _readers.ReadAsync(
        db => db.Query(
            $"""
            select {Rows.TurnColumns} from sessions s join turns t on t.session = s.number
            where s.tenant = $1 and s.session = $2 and t.key_subject = $3 and t.key_value = $4
            """,
            Rows.Turn, session.Tenant.Value, session.Session.Value, subject, key).SingleOrDefault(),
        cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvents>> ReadEventsAsync(TurnId turn, long after, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<StoredEvents>>(
            db => db.Query(
                """
                select e.first, e.count, e.format, e.bytes from turns t join events e on e.turn = t.number
                where t.turn = $1 and e.first + e.count > $2 + 1 order by e.first
                """,
                Rows.Events, turn.ToString(), after),
            cancellationToken);

    public ValueTask<IReadOnlyList<StoredTurn>> FindUnfinishedAsync(int turns, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<StoredTurn>>(
            db => db.Query(
                $"select {Rows.TurnColumns} from turns t join sessions s on s.number = t.session where t.ended is null order by t.number limit $1",
                Rows.Turn, turns),
            cancellationToken);

    public ValueTask<bool> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.Accept(db, turn), cancellationToken);

    public async ValueTask StartAsync(TurnId turn, DateTimeOffset at, CancellationToken cancellationToken) =>
        await WriteAsync(db => Changes.Start(db, turn, at), cancellationToken);

    public async ValueTask AppendAsync(TurnProgress progress, CancellationToken cancellationToken) =>
        await WriteAsync(db => Changes.Append(db, progress), cancellationToken);

    public ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.End(db, progress, end), cancellationToken);

    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.Forget(db, session), cancellationToken);

    public async ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // In small transactions, between which turns are accepted and ended.
        var all = 0;
        while (await WriteAsync(db => Changes.Prune(db, retention, now), cancellationToken) is var some and > 0)
        {
            all += some;
        }

        return all;
    }

    /// <summary>Makes the writes that wait, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
        _file.Release();
    }

    private static List<StoredTurn> NewestTurns(Statements db, long session, int turns)
    {
        var newest = db.Query(
            $"select {Rows.TurnColumns} from turns t join sessions s on s.number = t.session where t.session = $1 order by t.number desc limit $2",
            Rows.Turn, session, turns);
        newest.Reverse();
        return newest;
    }

    private async ValueTask<T> WriteAsync<T>(Func<Statements, T> change, CancellationToken cancellationToken) =>
        await _writer.TakeAsync(change).WaitAsync(cancellationToken);
}
