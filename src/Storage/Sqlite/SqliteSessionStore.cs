using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Limits;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Sqlite;

/// <summary>Sessions in a SQLite file, for one node, and what its callers have had of their budgets.</summary>
public sealed class SqliteSessionStore : ISessionStore, IQuotaLeases, IAsyncDisposable
{
    private readonly SqliteFile _file;
    private readonly Writer _writer;
    private readonly Readers _readers;
    private readonly TimeProvider _time;
    private readonly long _run;

    private SqliteSessionStore(SqliteFile file, long run, SqliteOptions options, TimeProvider time, IStorageObserver? observer)
    {
        (_file, _run, _time) = (file, run, time);
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
            return new SqliteSessionStore(file, Runs.Begin(connection, time.GetUtcNow()), options, time, observer);
        }
        catch (SqliteException e)
        {
            throw SqliteFaults.Of(e);
        }
    }

    /// <summary>No other process uses the file.</summary>
    public long HoldingSince => 1;

    /// <inheritdoc/>
    public bool AreShared => false;

    public ValueTask<StoredSession?> FindSessionAsync(SessionKey session, int turns, CancellationToken cancellationToken) => _readers.ReadAsync(
        db => Changes.Find(db, session, _run) is not { } found ? null : found.Session with { Turns = turns == 0 ? [] : NewestTurns(db, found.Number, turns) },
        cancellationToken);

    public ValueTask<StoredTurn?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) => _readers.ReadAsync(
        db => db.Query(
            $"select {Rows.TurnColumns} from turns t join sessions s on s.number = t.session where t.turn = $1 and s.tenant = $2",
            Turn, turn.ToString(), tenant.Value).SingleOrDefault(),
        cancellationToken);

    public ValueTask<StoredTurn?> FindTurnAsync(SessionKey session, string subject, string key, CancellationToken cancellationToken) => _readers.ReadAsync(
        db => db.Query(
            $"""
            select {Rows.TurnColumns} from sessions s join turns t on t.session = s.number
            where s.tenant = $1 and s.session = $2 and t.key_subject = $3 and t.key_value = $4
            """,
            Turn, session.Tenant.Value, session.Session.Value, subject, key).SingleOrDefault(),
        cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvents>> ReadEventsAsync(TurnId turn, long after, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<StoredEvents>>(db => Changes.Events(db, turn, after), cancellationToken);

    public ValueTask<IReadOnlyList<SessionKey>> FindAbandonedAsync(int sessions, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<SessionKey>>(
            db => db.Query(
                """
                select tenant, session from sessions
                where number in (select session from turns where ended is null) and holder is not $1 order by number limit $2
                """,
                Rows.Key, _run, sessions),
            cancellationToken);

    public ValueTask<TakenSession?> TakeAsync(SessionKey session, long epoch, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.Take(db, session, epoch, _run), cancellationToken);

    public ValueTask<Acceptance> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.Accept(db, turn, _run), cancellationToken);

    public ValueTask<bool> StartAsync(HeldTurn turn, DateTimeOffset at, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.Start(db, turn, at), cancellationToken);

    public ValueTask<bool> AppendAsync(TurnProgress progress, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.Append(db, progress), cancellationToken);

    public ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken) =>
        WriteAsync(db => Changes.End(db, progress, end), cancellationToken);

    public async ValueTask ReleaseAsync(SessionKey session, long epoch, CancellationToken cancellationToken) =>
        await WriteAsync(db => Changes.Release(db, session, epoch, _run), cancellationToken);

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

    /// <inheritdoc/>
    public ValueTask<Lease> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken) =>
        WriteAsync(db => Budgets.Lease(db, request, _time.GetUtcNow()), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ForgetAsync(CancellationToken cancellationToken) => await WriteAsync(db => Budgets.Forget(db, _time.GetUtcNow()), cancellationToken);

    /// <summary>Makes the writes that wait, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
        _file.Release();
    }

    private StoredTurn Turn(SqliteDataReader row) => Rows.Turn(row, _run);

    private List<StoredTurn> NewestTurns(Statements db, long session, int turns)
    {
        var newest = db.Query(
            $"select {Rows.TurnColumns} from turns t join sessions s on s.number = t.session where t.session = $1 order by t.number desc limit $2",
            Turn, session, turns);
        newest.Reverse();
        return newest;
    }

    private async ValueTask<T> WriteAsync<T>(Func<Statements, T> change, CancellationToken cancellationToken) =>
        await _writer.TakeAsync(change).WaitAsync(cancellationToken);
}
