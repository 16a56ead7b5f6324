using System.Text;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests;

/// <summary>What every store of sessions promises. A store passes by deriving from this and saying how it is opened, again and again on the same data.</summary>
public abstract class SessionStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken None = CancellationToken.None;

    protected ISessionStore Store { get; private set; } = null!;

    /// <summary>Opens the store on the data of this test.</summary>
    protected abstract Task<ISessionStore> OpenAsync();

    protected abstract Task CloseAsync(ISessionStore store);

    public async Task InitializeAsync() => Store = await OpenAsync();

    public virtual Task DisposeAsync() => CloseAsync(Store);

    [Fact]
    public async Task What_was_never_kept_is_not_known()
    {
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, TurnId.New(), None)).ShouldBeNull();
        (await Store.FindTurnAsync(Key(), "tester", "k", None)).ShouldBeNull();
        (await Store.ReadEventsAsync(TurnId.New(), 0, None)).ShouldBeEmpty();
        (await Store.ForgetAsync(Key(), None)).ShouldBeFalse();
        (await Store.EndAsync(Progress(TurnId.New()), Completed(2), None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_turn_and_its_session_are_found_again_as_they_were_kept()
    {
        var turn = TurnId.New();
        var start = Noon.AddTicks(1_234_567);
        await AcceptAsync(turn, key: "k", user: "ada", at: start);
        EngineSession[] sessions = [new("main", "here", "0815") { LastInvocation = "e-1", LastEventAt = Noon }, new("other", "there", "42")];
        await Store.AppendAsync(Progress(turn, Events(2, "a", "bc")) with { EngineSessions = sessions }, None);
        var end = new TurnEnd
        {
            State = TurnState.Completed,
            At = Noon.AddSeconds(3),
            Answer = AnswerShape.Text,
            FinishReason = "STOP",
            Usage = new TokenUsage(1, 2, 3),
            ServedBy = new ServedBy("main", "here") { MovedFrom = "there", Fallback = "stale", Age = TimeSpan.FromSeconds(7) },
        };
        (await Store.EndAsync(Progress(turn, Events(4, "d"), Noon.AddSeconds(3)), new StoredEnd(end, 5, start.AddSeconds(1)), None)).ShouldBeTrue();
        await ReopenAsync();

        var found = (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull();
        found.ShouldBe(new StoredTurn
        {
            Session = Key(),
            Turn = turn,
            State = TurnState.Completed,
            AcceptedAt = start,
            StartedAt = start.AddSeconds(1),
            LastSequence = 5,
            End = end,
            Key = new IdempotencyKey("tester", "k", "print"),
        });
        var session = (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull();
        session.UserId.ShouldBe("ada");
        session.EngineSessions.ShouldBe(sessions);
        session.CreatedAt.ShouldBe(start);
        session.LastActivityAt.ShouldBe(Noon.AddSeconds(3));
        session.Turns.ShouldBe([found]);
        (await Store.FindTurnAsync(Key(), "tester", "k", None)).ShouldBe(found);
        (await TextsAsync(turn)).ShouldBe("2:a 3:bc 4:d");
    }

    [Fact]
    public async Task Every_way_to_end_is_read_as_it_was_written()
    {
        foreach (var row in FaultTable.All)
        {
            var turn = TurnId.New();
            var fault = new EngineFault(row.Kind, "why", UpstreamStatus: 429, TimeSpan.FromSeconds(1.5)) { Started = true, NeverStarted = true, RanToItsError = true };
            var end = new TurnEnd { State = TurnState.Unknown, At = Noon, Fault = fault };
            await AcceptAsync(turn);
            await Store.EndAsync(Progress(turn), new StoredEnd(end, 2, null), None);
            (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().End.ShouldBe(end);
        }

        foreach (var reason in Enum.GetValues<CancelReason>())
        {
            var turn = TurnId.New();
            var end = new TurnEnd { State = TurnState.Cancelled, At = Noon, Cancelled = reason };
            await AcceptAsync(turn);
            await Store.EndAsync(Progress(turn), new StoredEnd(end, 2, null), None);
            (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().End.ShouldBe(end);
        }
    }

    [Fact]
    public async Task Nothing_of_one_tenant_exists_for_another()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn, key: "k");
        (await Store.FindTurnAsync(new TenantId("other"), turn, None)).ShouldBeNull();
        (await Store.FindSessionAsync(Key(tenant: "other"), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(Key(tenant: "other"), "tester", "k", None)).ShouldBeNull();
        (await Store.FindTurnAsync(Key(), "another", "k", None)).ShouldBeNull();
        (await Store.ForgetAsync(Key(tenant: "other"), None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_key_belongs_to_one_turn_of_its_session()
    {
        var turn = TurnId.New();
        (await AcceptAsync(turn, key: "k")).ShouldBeTrue();
        (await AcceptAsync(TurnId.New(), key: "k")).ShouldBeFalse();
        (await AcceptAsync(turn, key: "k")).ShouldBeTrue("the same turn again, after a lost answer");
        (await AcceptAsync(TurnId.New(), key: "k", session: "s2")).ShouldBeTrue();
        (await AcceptAsync(TurnId.New(), key: "k2")).ShouldBeTrue();
        (await Store.FindTurnAsync(Key(), "tester", "k", None)).ShouldNotBeNull().Turn.ShouldBe(turn);
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull().Turns.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Of_two_that_accept_the_same_key_at_once_one_wins()
    {
        var accepted = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AcceptAsync(TurnId.New(), key: "k").AsTask()));
        accepted.Count(won => won).ShouldBe(1);
    }

    [Fact]
    public async Task The_first_end_stays()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        (await Store.EndAsync(Progress(turn), Completed(2), None)).ShouldBeTrue();
        var late = new StoredEnd(new TurnEnd { State = TurnState.Cancelled, At = Noon, Cancelled = CancelReason.Requested }, 9, null);
        (await Store.EndAsync(Progress(turn, Events(2, "late")), late, None)).ShouldBeFalse();
        await Store.AppendAsync(Progress(turn, Events(2, "late")), None);
        (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().State.ShouldBe(TurnState.Completed);
        (await TextsAsync(turn)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_are_read_from_a_cursor_in_whole_batches()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.AppendAsync(Progress(turn, Events(2, "a", "b")), None);
        await Store.AppendAsync(Progress(turn, Events(4, "c", "d")), None);
        await Store.AppendAsync(Progress(turn, Events(6, "e")), None);
        (await TextsAsync(turn, after: 3)).ShouldBe("4:c 5:d 6:e");
        (await TextsAsync(turn, after: 4)).ShouldBe("4:c 5:d 6:e");
        (await TextsAsync(turn, after: 6)).ShouldBeEmpty();
        (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldNotBeNull().LastSequence.ShouldBe(6);
    }

    [Fact]
    public async Task A_batch_that_is_kept_again_is_kept_once()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.AppendAsync(Progress(turn, Events(2, "a")), None);
        await Store.AppendAsync(Progress(turn, Events(3, "b")), None);
        await Store.AppendAsync(Progress(turn, Events(3, "b", "c")), None);
        (await TextsAsync(turn)).ShouldBe("2:a 3:b 4:c");
    }

    [Fact]
    public async Task Batches_that_the_log_holds_no_more_are_dropped()
    {
        var turn = TurnId.New();
        await AcceptAsync(turn);
        await Store.AppendAsync(Progress(turn, Events(2, "a", "b")), None);
        await Store.AppendAsync(Progress(turn, Events(4, "c", "d")), None);
        await Store.AppendAsync(Progress(turn, Events(6, "e")) with { FirstRetained = 5 }, None);
        (await TextsAsync(turn)).ShouldBe("4:c 5:d 6:e");
    }

    [Fact]
    public async Task Turns_without_an_end_are_found_until_they_have_one()
    {
        var (running, waiting, done) = (TurnId.New(), TurnId.New(), TurnId.New());
        await AcceptAsync(running);
        await AcceptAsync(waiting, state: TurnState.Queued);
        await AcceptAsync(done, session: "s2");
        await Store.EndAsync(Progress(done), Completed(2), None);
        await ReopenAsync();
        var unfinished = await Store.FindUnfinishedAsync(10, None);
        unfinished.Select(turn => (turn.Turn, turn.State)).ShouldBe([(running, TurnState.Running), (waiting, TurnState.Queued)]);
        (await Store.FindUnfinishedAsync(1, None)).ShouldHaveSingleItem();

        await Store.StartAsync(waiting, Noon.AddMinutes(1), None);
        var started = (await Store.FindTurnAsync(TenantId.Local, waiting, None)).ShouldNotBeNull();
        started.State.ShouldBe(TurnState.Running);
        started.StartedAt.ShouldBe(Noon.AddMinutes(1));
        await Store.EndAsync(Progress(running), Completed(2), None);
        (await Store.FindUnfinishedAsync(10, None)).ShouldHaveSingleItem().Turn.ShouldBe(waiting);
    }

    [Fact]
    public async Task A_session_tells_its_newest_turns_in_order()
    {
        var turns = Enumerable.Range(0, 5).Select(_ => TurnId.New()).ToList();
        foreach (var turn in turns)
        {
            await AcceptAsync(turn);
        }

        var session = (await Store.FindSessionAsync(Key(), 3, None)).ShouldNotBeNull();
        session.Turns.Select(turn => turn.Turn).ShouldBe(turns[2..]);
    }

    [Fact]
    public async Task A_forgotten_session_is_gone_with_its_turns_keys_and_events()
    {
        var (turn, other) = (TurnId.New(), TurnId.New());
        await AcceptAsync(turn, key: "k");
        await AcceptAsync(other, session: "s2");
        await Store.AppendAsync(Progress(turn, Events(2, "a")), None);
        (await Store.ForgetAsync(Key(), None)).ShouldBeTrue();
        await Store.AppendAsync(Progress(turn, Events(3, "b")), None);
        (await Store.EndAsync(Progress(turn, Events(3, "b")), Completed(4), None)).ShouldBeFalse();

        (await Store.FindSessionAsync(Key(), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, turn, None)).ShouldBeNull();
        (await TextsAsync(turn)).ShouldBeEmpty();
        (await AcceptAsync(TurnId.New(), key: "k")).ShouldBeTrue();
        (await Store.FindTurnAsync(TenantId.Local, other, None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Turns_are_forgotten_by_the_age_of_their_last_activity()
    {
        var (old, touched, running) = (TurnId.New(), TurnId.New(), TurnId.New());
        await AcceptAsync(old, session: "old");
        await AcceptAsync(touched);
        await AcceptAsync(running, session: "running");
        await Store.EndAsync(Progress(old), Completed(2), None);
        await Store.EndAsync(Progress(touched, at: Noon.AddDays(2)), Completed(2), None);
        var retention = new Retention { Age = TimeSpan.FromDays(3) };

        (await Store.PruneAsync(retention, Noon.AddDays(3), None)).ShouldBe(0);
        (await Store.PruneAsync(retention, Noon.AddDays(4), None)).ShouldBe(1);

        (await Store.FindTurnAsync(TenantId.Local, old, None)).ShouldBeNull();
        (await Store.FindSessionAsync(Key("old"), 10, None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, touched, None)).ShouldNotBeNull();
        (await Store.FindTurnAsync(TenantId.Local, running, None)).ShouldNotBeNull("it has not ended");
    }

    [Fact]
    public async Task Turns_are_forgotten_by_size_those_idle_longest_first()
    {
        const int Turns = 400;
        const int Each = 20_000;
        var turns = Enumerable.Range(0, Turns).Select(_ => TurnId.New()).ToList();
        foreach (var (number, turn) in turns.Index())
        {
            await AcceptAsync(turn, session: $"s{number}");
            await Store.EndAsync(Progress(turn, Events(2, new string('x', Each)), Noon.AddSeconds(number)), Completed(3), None);
        }

        var forgotten = await Store.PruneAsync(new Retention { Bytes = Turns * Each / 2 }, Noon.AddHours(1), None);

        forgotten.ShouldBeInRange(Turns / 2, Turns - 50);
        (await Store.FindTurnAsync(TenantId.Local, turns[0], None)).ShouldBeNull();
        (await Store.FindTurnAsync(TenantId.Local, turns[^1], None)).ShouldNotBeNull();
        (await TextsAsync(turns[^1])).Length.ShouldBe(Each + 2);
    }

    [Fact]
    public async Task Calls_take_effect_in_the_order_in_which_they_were_made()
    {
        var turn = TurnId.New();
        var accepted = AcceptAsync(turn).AsTask();
        var appended = Store.AppendAsync(Progress(turn, Events(2, "a")), None).AsTask();
        var ended = Store.EndAsync(Progress(turn), Completed(3), None).AsTask();
        var forgotten = Store.ForgetAsync(Key(), None).AsTask();
        var again = AcceptAsync(TurnId.New()).AsTask();
        await Task.WhenAll(accepted, appended, ended, forgotten, again);
        (await ended).ShouldBeTrue();
        (await forgotten).ShouldBeTrue();
        (await Store.FindSessionAsync(Key(), 10, None)).ShouldNotBeNull().Turns.ShouldHaveSingleItem();
    }

    protected async Task ReopenAsync()
    {
        await CloseAsync(Store);
        Store = await OpenAsync();
    }

    protected ValueTask<bool> AcceptAsync(
        TurnId turn, string session = "s1", string? key = null, string? user = null, DateTimeOffset? at = null, TurnState state = TurnState.Running) =>
        Store.AcceptAsync(
            new AcceptedTurn
            {
                Session = Key(session),
                Turn = turn,
                State = state,
                At = at ?? Noon,
                UserId = user,
                SessionCreatedAt = at ?? Noon,
                Key = key is null ? null : new IdempotencyKey("tester", key, "print"),
            },
            None);

    protected static TurnProgress Progress(TurnId turn, StoredEvents? events = null, DateTimeOffset? at = null) =>
        new() { Turn = turn, At = at ?? Noon, Events = events };

    protected static StoredEnd Completed(long sequence) => new(new TurnEnd { State = TurnState.Completed, At = Noon }, sequence, Noon);

    /// <summary>Events in the encoding that stores keep, each without text.</summary>
    protected static StoredEvents Events(long first, params ReadOnlySpan<string> raws)
    {
        var bytes = new List<byte>();
        foreach (var raw in raws)
        {
            for (var length = raw.Length; ; length >>= 7)
            {
                bytes.Add((byte)(length > 0x7F ? (length & 0x7F) | 0x80 : length));
                if (length <= 0x7F)
                {
                    break;
                }
            }

            bytes.Add(0);
            bytes.AddRange(Encoding.UTF8.GetBytes(raw));
        }

        return new StoredEvents(first, raws.Length, bytes.ToArray());
    }

    protected async Task<string> TextsAsync(TurnId turn, long after = 0)
    {
        var words = new List<string>();
        foreach (var batch in await Store.ReadEventsAsync(turn, after, None))
        {
            var bytes = batch.Bytes.Span;
            for (var sequence = batch.First; sequence <= batch.Last; sequence++)
            {
                var length = 0;
                for (var shift = 0; ; shift += 7)
                {
                    var group = bytes[0];
                    bytes = bytes[1..];
                    length |= (group & 0x7F) << shift;
                    if (group < 0x80)
                    {
                        break;
                    }
                }

                words.Add($"{sequence}:{Encoding.UTF8.GetString(bytes.Slice(1, length))}");
                bytes = bytes[(length + 1)..];
            }
        }

        return string.Join(' ', words);
    }
}
