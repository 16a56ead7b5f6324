using Npgsql;
using Sluice.Core.Callers;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.PostgresKit;
using Sluice.Storage.Postgres;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>A server that is gone, full, slow or another's: said as what it is, and nothing acknowledged is lost by it.</summary>
public sealed class PostgresTroubleTests : PostgresTest
{
    private readonly RecordingStorageObserver _observer = new();

    [PostgresFact]
    public async Task Ten_that_start_at_once_make_the_schema_once()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Database.OpenAsync(lanes: 1)));
        stores.Select(store => store.Number).Distinct().Count().ShouldBe(10);
        await Task.WhenAll(stores.Index().Select(store => BeginAsync(store.Item, $"s{store.Index}")));
        (await Database.ScalarAsync<bool>("select max(number) >= count(*) and count(*) > 1 from migrations")).ShouldBeTrue();
        (await Database.ScalarAsync<long>("select count(*) from turns")).ShouldBe(10);
    }

    [PostgresFact]
    public async Task Database_of_a_later_version_is_refused()
    {
        await Database.CloseAsync(await Database.OpenAsync());
        await Database.ExecuteAsync("insert into migrations (number, applied_at) values (999, 'later')");
        var refused = await Should.ThrowAsync<StorageUnavailableException>(() => Database.OpenAsync());
        refused.Message.ShouldContain("later version");
        refused.Fault.ShouldBe(StorageFault.Corrupt);
    }

    [PostgresFact]
    public async Task What_cannot_be_used_is_said_at_the_start_without_the_password()
    {
        var given = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Password = "geheim" };
        string[] wrong =
        [
            new NpgsqlConnectionStringBuilder(given.ConnectionString) { Username = "nobody-here" }.ConnectionString,
            new NpgsqlConnectionStringBuilder(given.ConnectionString) { Database = "nothing-here" }.ConnectionString,
            new NpgsqlConnectionStringBuilder(given.ConnectionString) { Port = 1 }.ConnectionString,
            new NpgsqlConnectionStringBuilder(given.ConnectionString) { SearchPath = "nowhere" }.ConnectionString,
            "postgres://sluice:geheim@localhost/sluice?sslmode=require",
            "Host=localhost;Password=geheim;Port=x",
            "Password=geheim",
            "",
        ];
        foreach (var connectionString in wrong)
        {
            var refused = await Should.ThrowAsync<StorageUnavailableException>(() => Database.OpenAsync(through: connectionString));
            refused.Message.ShouldContain("ConnectionStrings:Postgres");
            refused.ToString().ShouldNotContain("geheim");
            refused.Fault.ShouldBe(StorageFault.Unreachable);
        }

        (await Should.ThrowAsync<StorageUnavailableException>(() => Database.OpenAsync(through: wrong[0]))).Message.ShouldContain("nobody-here");
    }

    [PostgresFact]
    public async Task Full_disk_is_said_and_takes_no_other_with_it()
    {
        var store = await Database.OpenAsync(_observer, lanes: 1);
        var (large, small) = (await BeginAsync(store, "large"), TurnId.New());
        await Database.ExecuteAsync(
            """
            create function full_disk() returns trigger language plpgsql as $$
            begin
                if octet_length(new.bytes) > 1000 then
                    raise exception using errcode = '53100', message = 'could not extend file: No space left on device';
                end if;
                return new;
            end $$;
            create trigger full_disk before insert on events for each row execute function full_disk()
            """);
        Task<bool> refused;
        Task<Acceptance> kept;
        await using (await HoldAsync("large"))
        {
            // Both wait for the lane, which waits for the session.
            var first = store.AppendAsync(Progress(large, session: "large") with { EngineSessions = [] }, None).AsTask();
            await UntilBlockedAsync();
            refused = store.AppendAsync(Progress(large, Events(2, new string('x', 2000)), session: "large"), None).AsTask();
            kept = store.AcceptAsync(Accepted(small, "small"), None).AsTask();
        }

        (await Should.ThrowAsync<StorageUnavailableException>(() => refused)).Fault.ShouldBe(StorageFault.Full);
        (await kept).ShouldBe(Acceptance.Accepted);
        (await store.FindTurnAsync(TenantId.Local, small, None)).ShouldNotBeNull();
        (await store.AppendAsync(Progress(large, Events(2, "a"), session: "large"), None)).ShouldBeTrue();
        _observer.Said.ShouldBe(["Full", "recovered"]);
    }

    [PostgresFact]
    public async Task What_cannot_even_be_sent_takes_no_other_with_it()
    {
        var store = await Database.OpenAsync(lanes: 1);
        await BeginAsync(store);

        // Half a character, which the client does not send, and a zero, which the server does not take.
        string[] keys = ["a", "b", "\ud800", "c", "a\0b"];
        var accepting = Enumerable.Range(0, 20).Select(number => store.AcceptAsync(Accepted(TurnId.New(), $"s{number}", key: keys[number % 5]), None).AsTask()).ToList();
        for (var number = 0; number < accepting.Count; number++)
        {
            if (number % 5 is 2 or 4)
            {
                await Should.ThrowAsync<StorageUnavailableException>(() => accepting[number]);
            }
            else
            {
                (await accepting[number]).ShouldBe(Acceptance.Accepted);
            }
        }
    }

    [PostgresFact]
    public async Task What_fails_at_the_commit_is_not_acknowledged()
    {
        var store = await Database.OpenAsync(_observer);
        await BeginAsync(store);
        await Database.ExecuteAsync(
            """
            create function not_now() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$;
            create constraint trigger not_now after insert on events deferrable initially deferred for each row execute function not_now()
            """);
        var turn = (await store.FindSessionAsync(Key(), 1, None))!.Turns[0].Turn;
        await Should.ThrowAsync<StorageUnavailableException>(() => store.AppendAsync(Progress(turn, Events(2, "a")), None).AsTask());
        (await store.ReadEventsAsync(turn, 0, None)).ShouldBeEmpty();
        await Database.ExecuteAsync("drop trigger not_now on events");
        (await store.AppendAsync(Progress(turn, Events(2, "a")), None)).ShouldBeTrue();
        _observer.Said.ShouldBe(["Unreachable", "recovered"]);
    }

    [PostgresFact]
    public async Task Rows_that_somebody_else_holds_are_said_to_be_locked_and_used_again_when_they_are_free()
    {
        var store = await Database.OpenAsync(_observer);
        var turn = await BeginAsync(store);
        await using (await HoldAsync("s1"))
        {
            var locked = await Should.ThrowAsync<StorageUnavailableException>(() => store.EndAsync(Progress(turn), Completed(2), None).AsTask());
            locked.Fault.ShouldBe(StorageFault.Locked);
            (await store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull("readers do not wait for a writer");
        }

        (await store.EndAsync(Progress(turn), Completed(2), None)).ShouldBeTrue();
        _observer.Said.ShouldBe(["Locked", "recovered"]);
    }

    [PostgresFact]
    public async Task Queue_of_writes_is_bounded_and_says_so()
    {
        var store = await Database.OpenAsync(lanes: 1, waitingWrites: 4);
        var turn = await BeginAsync(store);
        List<Task<bool>> writing;
        await using (await HoldAsync("s1"))
        {
            var first = store.AppendAsync(Progress(turn) with { EngineSessions = [] }, None).AsTask();
            await UntilBlockedAsync();
            writing = [first, .. Enumerable.Range(0, 20).Select(_ => store.AppendAsync(Progress(turn, Events(2, "a")), None).AsTask())];
            (await Should.ThrowAsync<StorageUnavailableException>(() => writing[^1])).Fault.ShouldBe(StorageFault.Busy);
        }

        writing.Count(write => write.IsFaulted).ShouldBe(16);
        (await Task.WhenAll(writing.Where(write => !write.IsFaulted))).ShouldAllBe(kept => kept);
    }

    [PostgresFact]
    public async Task Damaged_row_is_said_to_be_damaged_and_hinders_no_other()
    {
        var store = await Database.OpenAsync();
        var (damaged, other) = (await BeginAsync(store), await BeginAsync(store, "s2"));
        await Database.ExecuteAsync($"update turns set state = 'sideways' where turn = '{damaged}'");
        (await Should.ThrowAsync<StorageUnavailableException>(() => store.FindTurnAsync(TenantId.Local, damaged, None).AsTask())).Fault.ShouldBe(StorageFault.Corrupt);
        var (taking, appending) = (store.TakeAsync(Key(), 1, None).AsTask(), store.AppendAsync(Progress(other, Events(2, "a"), session: "s2"), None).AsTask());
        (await Should.ThrowAsync<StorageUnavailableException>(() => taking)).Fault.ShouldBe(StorageFault.Corrupt);
        (await appending).ShouldBeTrue();
    }

    [PostgresFact]
    public async Task Server_that_is_silent_fails_calls_in_time_and_is_used_again_when_it_speaks()
    {
        await using var proxy = NewProxy();
        await using var store = await PostgresSessionStore.OpenAsync(
            new PostgresOptions { ConnectionString = Through(proxy), StatementTimeout = TimeSpan.FromSeconds(1), Lanes = 1 }, TimeProvider.System, _observer);
        var turn = await BeginAsync(store);
        proxy.Freeze();
        var begun = TimeProvider.System.GetTimestamp();
        var writing = store.AppendAsync(Progress(turn, Events(2, "a")), None).AsTask();
        var reading = store.FindTurnAsync(TenantId.Local, turn, None).AsTask();
        (await Should.ThrowAsync<StorageUnavailableException>(() => writing)).Fault.ShouldBe(StorageFault.Unreachable);
        (await Should.ThrowAsync<StorageUnavailableException>(() => reading)).Fault.ShouldBe(StorageFault.Unreachable);
        TimeProvider.System.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(15));
        proxy.Thaw();
        proxy.Cut();
        await UntilAsync(() => WorksAsync(store, turn));
        (await store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull();
    }

    [PostgresFact]
    public async Task Cut_connections_fail_what_is_under_way_and_the_next_goes_on()
    {
        await using var proxy = NewProxy();
        await using var store = await Database.OpenAsync(_observer, through: Through(proxy));
        var (acknowledged, stop) = (new List<TurnId>(), false);
        var failures = 0;
        var writing = Task.Run(async () =>
        {
            while (!stop)
            {
                var turn = TurnId.New();
                try
                {
                    await store.AcceptAsync(Accepted(turn, $"s{turn}"), None);
                    acknowledged.Add(turn);
                }
                catch (StorageUnavailableException e) when (e.Fault == StorageFault.Unreachable)
                {
                    failures++;
                }
            }
        });
        for (var cut = 0; cut < 5; cut++)
        {
            var before = acknowledged.Count;
            await UntilAsync(() => acknowledged.Count > before + 10 || writing.IsCompleted);
            proxy.Cut();
        }

        await UntilAsync(() => failures >= 5 || writing.IsCompleted);
        stop = true;
        await writing;
        foreach (var turn in acknowledged)
        {
            (await store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull();
        }
    }

    [PostgresFact(own: true)]
    public async Task Nothing_acknowledged_is_gone_after_a_crash_of_the_server()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = new TestDatabase(await server.CreateDatabaseAsync());
        var store = await database.OpenAsync(_observer, TimeSpan.FromSeconds(1), lanes: 4);
        var (acknowledged, stop) = (new List<(TurnId Turn, bool HasEnded)>(), false);
        var writing = Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
        {
            while (!stop)
            {
                var turn = TurnId.New();
                try
                {
                    await store.AcceptAsync(Accepted(turn, $"s{turn}"), None);
                    Note(turn, hasEnded: false);
                    await store.EndAsync(Progress(turn, Events(2, "a"), session: $"s{turn}"), Completed(3), None);
                    Note(turn, hasEnded: true);
                }
                catch (StorageUnavailableException)
                {
                    await Task.Delay(10);
                }
            }
        })).ToList();

        foreach (var how in (PostgresStop[])[PostgresStop.Immediate, PostgresStop.Fast])
        {
            var before = acknowledged.Count;
            await UntilAsync(() => acknowledged.Count > before + 200);
            await server.StopAsync(how);
            await UntilAsync(() => !store.IsHolding);
            await Should.ThrowAsync<StorageUnavailableException>(() => store.FindSessionAsync(Key(), 1, None).AsTask());
            await server.ResumeAsync();
            await UntilAsync(() => store.IsHolding);
        }

        var last = acknowledged.Count;
        await UntilAsync(() => acknowledged.Count > last + 200);
        stop = true;
        await Task.WhenAll(writing);
        foreach (var (turn, hasEnded) in acknowledged)
        {
            var found = (await store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull();
            if (hasEnded)
            {
                found.State.ShouldBe(TurnState.Completed);
            }
        }

        _observer.Said[0].ShouldBe("Unreachable");
        _observer.Said[^1].ShouldBe("recovered");

        void Note(TurnId turn, bool hasEnded)
        {
            lock (acknowledged)
            {
                acknowledged.Add((turn, hasEnded));
            }
        }
    }

    [PostgresFact]
    public async Task Too_many_connections_are_said_and_waited_out()
    {
        var name = new NpgsqlConnectionStringBuilder(Database.ConnectionString).Database;
        await Database.ExecuteAsync("create role few login nosuperuser; grant all on schema public to few");
        try
        {
            await Database.ExecuteAsync($"alter database {name} connection limit 6");
            var few = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = "few" }.ConnectionString;
            await using var store = await Database.OpenAsync(_observer, through: few);
            var turn = await BeginAsync(store);
            await using (var one = new NpgsqlConnection($"{few};Pooling=false"))
            await using (var two = new NpgsqlConnection($"{few};Pooling=false"))
            {
                await one.OpenAsync();
                await two.OpenAsync();
                var refused = await Should.ThrowAsync<StorageUnavailableException>(() => Database.OpenAsync(through: few));
                refused.Message.ShouldContain("too many connections");
                var failed = await Should.ThrowAsync<StorageUnavailableException>(
                    () => Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.FindTurnAsync(TenantId.Local, turn, None).AsTask())));
                failed.Fault.ShouldBe(StorageFault.Unreachable);
                (await store.AppendAsync(Progress(turn, Events(2, "a")), None)).ShouldBeTrue("it has its connection");
            }

            await UntilAsync(async () => await WorksAsync(store, turn));
        }
        finally
        {
            await Database.DisposeAsync();
            await Database.ExecuteAsync($"drop owned by few; revoke all on schema public from few; drop role few");
        }
    }

    [PostgresFact]
    public async Task One_prunes_at_a_time()
    {
        var (one, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        var turn = await BeginAsync(one);
        await one.EndAsync(Progress(turn), Completed(2), None);
        await using (var pruning = await Database.ConnectAsync())
        {
            await using var command = new NpgsqlCommand("select pg_advisory_lock(number, 0) from installation", pruning);
            await command.ExecuteNonQueryAsync();
            (await other.PruneAsync(new Retention(), Noon.AddYears(1), None)).ShouldBe(0);
        }

        await UntilAsync(async () => await other.PruneAsync(new Retention(), Noon.AddYears(1), None) == 1);
        (await one.FindSessionAsync(Key(), 1, None)).ShouldBeNull();
    }

    [PostgresFact]
    public async Task Commits_are_on_disk_though_the_role_says_otherwise()
    {
        await Database.ExecuteAsync($"alter database {new NpgsqlConnectionStringBuilder(Database.ConnectionString).Database} set synchronous_commit = off");
        await BeginAsync(await Database.OpenAsync());
        await using var reader = await Database.ConnectAsync();
        await Database.ExecuteAsync(
            """
            create table seen (how text);
            create function see() returns trigger language plpgsql as $$ begin insert into seen values (current_setting('synchronous_commit')); return new; end $$;
            create trigger see before insert on turns for each row execute function see()
            """);
        await BeginAsync(await Database.OpenAsync(), "s2");
        (await Database.ScalarAsync<string>("select how from seen")).ShouldBe("on");
    }

    [Theory]
    [InlineData(0.5, 4, 8)]
    [InlineData(5, 0, 8)]
    [InlineData(5, 65, 8)]
    [InlineData(5, 4, 0)]
    public async Task Options_out_of_their_bounds_are_refused(double lease, int lanes, int readers) => await Should.ThrowAsync<ArgumentOutOfRangeException>(
        () => PostgresSessionStore.OpenAsync(
            new PostgresOptions { ConnectionString = "Host=localhost", Lease = TimeSpan.FromSeconds(lease), Lanes = lanes, Readers = readers }, TimeProvider.System));

    private static async Task<bool> WorksAsync(ISessionStore store, TurnId turn)
    {
        try
        {
            await store.FindTurnAsync(TenantId.Local, turn, None);
            return await store.AppendAsync(Progress(turn, Events(2, "a")), None);
        }
        catch (StorageUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Holds a session's row, as somebody with a console might, until it is disposed of.</summary>
    private async Task<NpgsqlConnection> HoldAsync(string session)
    {
        var connection = await Database.ConnectAsync();
        await using var command = new NpgsqlCommand($"begin; select 1 from sessions where session = '{session}' for update", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    private Task UntilBlockedAsync() => UntilAsync(async () => await Database.ScalarAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0);
}
