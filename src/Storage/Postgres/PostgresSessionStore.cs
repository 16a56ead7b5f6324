using Npgsql;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Limits;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>Sessions in a PostgreSQL database that any number of processes share.</summary>
public sealed class PostgresSessionStore : ISessionStore, IPeers, IQuotaLeases, ICircuitReports, IAsyncDisposable
{
    private const int OldestServer = 140_000;

    private readonly Node _node;
    private readonly Changes _changes;
    private readonly Presence _presence;
    private readonly Listener _listener;
    private readonly Waker _waker;
    private readonly Followers _followers;
    private readonly Lanes _lanes;
    private readonly Readers _readers;
    private readonly Letters _letters;
    private readonly Pruning _pruning;
    private readonly Quotas _quotas;
    private readonly CircuitReports _circuits;
    private int _disposed;

    private PostgresSessionStore(PostgresOptions options, Connections connections, Node node, IStorageObserver? observer)
    {
        var trouble = new Trouble(observer);
        _node = node;
        _changes = new Changes(node);
        _presence = new Presence(connections, node, options.Lease, trouble);
        _waker = new Waker(connections, node);
        _followers = new Followers(_waker);
        _circuits = new CircuitReports(node, _waker);
        _listener = new Listener(connections, node, options.Lease, _followers, _circuits);
        _lanes = new Lanes(connections, options, trouble);
        _readers = new Readers(connections.Pool(), options.Readers, options.WaitingReads);
        _letters = new Letters(node, _readers, _waker);
        _pruning = new Pruning(connections, node);
        _quotas = new Quotas(node, _readers);
    }

    /// <inheritdoc/>
    public long HoldingSince => _presence.SeenSince;

    /// <inheritdoc cref="ISessionStore.IsHolding"/>
    public bool IsHolding => HoldingSince != 0;

    /// <inheritdoc/>
    public IPeerEvents? Events
    {
        get => _listener.Events;
        set => _listener.Events = value;
    }

    /// <summary>Number of this process among those that share the database.</summary>
    internal int Number => _node.Number;

    /// <summary>Connects, brings the schema up to date, and makes this process seen by the others.</summary>
    /// <param name="options">The database.</param>
    /// <param name="time">The clock.</param>
    /// <param name="observer">Told when writing does not work, or this process is not seen.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageUnavailableException">It cannot be used; the message says why, and never the password.</exception>
    public static async Task<PostgresSessionStore> OpenAsync(
        PostgresOptions options, TimeProvider time, IStorageObserver? observer = null, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var connections = new Connections(options);
        try
        {
            var node = await PrepareAsync(connections, time, cancellationToken);
            var store = new PostgresSessionStore(options, connections, node, observer);
            try
            {
                await store._presence.StartAsync(cancellationToken);
                await store._listener.StartAsync(cancellationToken);
                return store;
            }
            catch
            {
                await store.DisposeAsync();
                throw;
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is NpgsqlException or StorageUnavailableException or OperationCanceledException)
        {
            var fault = PostgresFaults.Of(e).Fault;
            throw new StorageUnavailableException(
                fault, $"PostgreSQL at {connections.Place} (ConnectionStrings:Postgres) cannot be used: {PostgresFaults.ReasonOf(e)}", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<StoredSession?> FindSessionAsync(SessionKey session, int turns, CancellationToken cancellationToken) => _readers.ReadAsync(
        () =>
        [
            Of($"select {Rows.SessionColumns} from sessions s where s.tenant = $2 and s.session = $3", Changes.Tenant(session), Changes.Session(session)),
            .. turns == 0 ? [] : new[]
            {
                Of($"""
                    select {Rows.TurnColumns} from sessions s join turns t on t.session = s.number
                    where s.tenant = $2 and s.session = $3 order by t.number desc limit $4
                    """,
                    Changes.Tenant(session), Changes.Session(session), Sql.Int(turns)),
            },
        ],
        async result =>
        {
            var found = await Readers.RowsAsync(result, Rows.Session);
            var newest = await result.NextResultAsync(cancellationToken) ? await Readers.RowsAsync(result, Rows.Turn) : [];
            newest.Reverse();
            return found is [var one] ? one with { Turns = newest } : null;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<StoredTurn?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) => (await _readers.QueryAsync(
        () => Of(
            $"select {Rows.TurnColumns} from turns t join sessions s on s.number = t.session where t.turn = $2 and s.tenant = $3",
            Sql.Uuid(turn.Value), Sql.Text(tenant.Value)),
        Rows.Turn,
        cancellationToken)).SingleOrDefault();

    /// <inheritdoc/>
    public async ValueTask<StoredTurn?> FindTurnAsync(SessionKey session, string subject, string key, CancellationToken cancellationToken) => (await _readers.QueryAsync(
        () => Of(
            $"""
            select {Rows.TurnColumns} from sessions s join turns t on t.session = s.number
            where s.tenant = $2 and s.session = $3 and t.key_subject = $4 and t.key_value = $5
            """,
            Changes.Tenant(session), Changes.Session(session), Sql.Text(subject), Sql.Text(key)),
        Rows.Turn,
        cancellationToken)).SingleOrDefault();

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredEvents>> ReadEventsAsync(TurnId turn, long after, CancellationToken cancellationToken) => await _readers.QueryAsync(
        () => Sql.Statement(
            "select first, count, format, bytes from events where turn = $1 and first + count > $2 + 1 order by first", Sql.Uuid(turn.Value), Sql.Long(after)),
        Rows.Events,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SessionKey>> FindAbandonedAsync(int sessions, CancellationToken cancellationToken) => await _readers.QueryAsync(
        () => Of(
            """
            select s.tenant, s.session from sessions s
            where s.number in (select t.session from turns t where t.ended is null)
                and (s.holder is null or s.holder <> $1 and s.holder not in (select nodes_there()))
            order by s.number limit $2
            """,
            Sql.Int(sessions)),
        Rows.Key,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<TakenSession?> TakeAsync(SessionKey session, long epoch, CancellationToken cancellationToken)
    {
        var taken = await _lanes.WriteAsync(_changes.Take(session, epoch), cancellationToken);
        foreach (var turn in taken?.Unfinished ?? [])
        {
            _followers.Wake(turn.Turn.Turn);
        }

        return taken;
    }

    /// <inheritdoc/>
    public ValueTask<Acceptance> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken) =>
        _lanes.WriteAsync(_changes.Accept(turn, sender => _waker.ReplyCame(sender, turn.Turn)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> StartAsync(HeldTurn turn, DateTimeOffset at, CancellationToken cancellationToken) =>
        _lanes.WriteAsync(Changes.Start(turn, at), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> AppendAsync(TurnProgress progress, CancellationToken cancellationToken) =>
        _lanes.WriteAsync(Changes.Append(progress, _ => _followers.Wake(progress.Turn.Turn)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken) => _lanes.WriteAsync(
        Changes.End(progress, end, (_, letters, senders) =>
        {
            _followers.WakeAtLast(progress.Turn.Turn);
            foreach (var (letter, sender) in letters.Zip(senders))
            {
                _waker.ReplyCame(sender, new TurnId(letter));
            }
        }),
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask ReleaseAsync(SessionKey session, long epoch, CancellationToken cancellationToken)
    {
        foreach (var turn in await _lanes.WriteAsync(_changes.Release(session, epoch), cancellationToken))
        {
            _followers.WakeAtLast(new TurnId(turn));
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) => _lanes.WriteAsync(Changes.Forget(session), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken) =>
        _pruning.PruneAsync(retention, now, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SendAsync(Letter letter, CancellationToken cancellationToken) => _letters.SendAsync(letter, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Letter>> ReceiveAsync(int letters, CancellationToken cancellationToken) => _letters.ReceiveAsync(letters, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ReplyAsync(TurnId letter, Reply reply, CancellationToken cancellationToken) => _letters.ReplyAsync(letter, reply, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<(LetterState State, Reply? Reply)> TakeReplyAsync(TurnId letter, CancellationToken cancellationToken) =>
        _letters.TakeReplyAsync(letter, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> WithdrawAsync(TurnId letter, CancellationToken cancellationToken) => _letters.WithdrawAsync(letter, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FollowedTurn>> FollowAsync(IReadOnlyCollection<TurnId> turns, CancellationToken cancellationToken)
    {
        var found = await _readers.QueryAsync(
            () => Of(
                $"""
                select t.turn, {Rows.LastSequence}, t.ended is not null, s.holder,
                    case when s.holder is null then 0 when s.holder = $1 then 1 when s.holder in (select nodes_there()) then 2 else 0 end
                from turns t join sessions s on s.number = t.session where t.turn = any ($2)
                """,
                Sql.Uuids([.. turns.Select(turn => turn.Value)])),
            static row => (
                Turn: new FollowedTurn(new TurnId(row.GetGuid(0)), row.GetInt64(1), row.GetBoolean(2), Rows.Holder(row, 4)),
                Node: row.IsDBNull(3) ? 0 : row.GetInt32(3)),
            cancellationToken);
        foreach (var held in found.Where(one => one.Turn is { HasEnded: false, Holder: SessionHolder.Another }).GroupBy(one => one.Node, one => one.Turn.Turn))
        {
            _waker.TurnsFollowed(held.Key, held);
        }

        return found.ConvertAll(one => one.Turn);
    }

    /// <inheritdoc/>
    public bool AreShared => true;

    /// <inheritdoc/>
    public ValueTask<Lease> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken) => _quotas.LeaseAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask ForgetAsync(CancellationToken cancellationToken) => _quotas.ForgetAsync(cancellationToken);

    /// <inheritdoc/>
    public void Tell(CircuitReport report) => _circuits.Tell(report);

    /// <inheritdoc/>
    public IDisposable Listen(Action<CircuitReport> heard) => _circuits.Listen(heard);

    /// <summary>Makes the writes that wait, then is not seen any more and closes its connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _lanes.DisposeAsync();
        await _waker.DisposeAsync();
        await _listener.DisposeAsync();
        await _readers.DisposeAsync();
        await _presence.DisposeAsync();
    }

    private static async Task<Node> PrepareAsync(Connections connections, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenForUpkeepAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "select current_setting('server_version_num')::integer, pg_is_in_recovery(), current_setting('synchronous_commit') = 'off'", connection);
        await using (var result = await command.ExecuteReaderAsync(cancellationToken))
        {
            await result.ReadAsync(cancellationToken);
            if (result.GetInt32(0) < OldestServer)
            {
                throw new StorageUnavailableException(StorageFault.Unreachable, "the server is older than PostgreSQL 14");
            }

            if (result.GetBoolean(1))
            {
                throw new StorageUnavailableException(StorageFault.Unreachable, "the server is a standby and takes no writes");
            }

            connections.MustSync = result.GetBoolean(2);
        }

        await Migrations.ApplyAsync(connection, time.GetUtcNow(), cancellationToken);
        return await Node.NewAsync(connection, cancellationToken);
    }

    private NpgsqlBatchCommand Of(string text, params ReadOnlySpan<NpgsqlParameter> values) => Sql.Statement(text, [Sql.Int(_node.Number), .. values]);
}
