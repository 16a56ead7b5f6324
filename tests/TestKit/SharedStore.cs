using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.TestKit;

/// <summary>A store in memory that several nodes share, and through which they write to one another: what the port of stores says, in few words.</summary>
public sealed class SharedStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionKey, SessionRow> _sessions = [];
    private readonly Dictionary<TurnId, TurnRow> _turns = [];
    private readonly Dictionary<TurnId, LetterRow> _letters = [];
    private readonly List<Node> _nodes = [];

    public Node Join()
    {
        lock (_gate)
        {
            var node = new Node(this);
            _nodes.Add(node);
            return node;
        }
    }

    private SessionHolder HolderOf(SessionRow session, Node asking) => session.Holder switch
    {
        null or { IsSeen: false } => SessionHolder.Nobody,
        var holder => ReferenceEquals(holder, asking) ? SessionHolder.This : SessionHolder.Another,
    };

    private IEnumerable<TurnRow> UnfinishedOf(SessionRow session) => _turns.Values.Where(turn => turn.Session == session && turn.End is null);

    private StoredTurn Stored(TurnRow turn, Node asking) => new()
    {
        Session = turn.Session.Key,
        Turn = turn.Id,
        State = turn.State,
        AcceptedAt = turn.AcceptedAt,
        StartedAt = turn.StartedAt,
        LastSequence = turn.LastSequence,
        End = turn.End,
        Key = turn.Key,
        Holder = HolderOf(turn.Session, asking),
    };

    private StoredSession Stored(SessionRow session, int turns, Node asking) => new()
    {
        UserId = session.UserId,
        EngineSessions = session.EngineSessions,
        CreatedAt = session.CreatedAt,
        LastActivityAt = session.LastActivityAt,
        Epoch = session.Epoch,
        Holder = HolderOf(session, asking),
        IsUnfinished = UnfinishedOf(session).Any(),
        Turns = [.. _turns.Values.Where(turn => turn.Session == session).OrderBy(turn => turn.Number).Select(turn => Stored(turn, asking)).TakeLast(turns)],
    };

    /// <summary>The store as one node sees it.</summary>
    public sealed class Node(SharedStore store) : ISessionStore, IPeers
    {
        private readonly Dictionary<TurnId, List<Node>> _followers = [];
        private long _time = 1;

        /// <summary>The others take it for being there. Set to false, what it holds may be taken over.</summary>
        public bool IsSeen
        {
            get;
            set
            {
                _time += value && !field ? 1 : 0;
                field = value;
            }
        } = true;

        /// <summary>Calls reach the store.</summary>
        public bool IsConnected { get; set; } = true;

        /// <summary>What this node reads of it is not what was written.</summary>
        public SessionKey? Damaged { get; set; }

        /// <summary>What this node is told when it wants to take that.</summary>
        public Exception Damage { get; set; } = new StorageUnavailableException(StorageFault.Corrupt, "The test has damaged it.");

        /// <summary>Wake-ups are lost.</summary>
        public bool IsDeaf { get; set; }

        public long HoldingSince => IsSeen && IsConnected ? _time : 0;

        public IPeerEvents? Events { get; set; }

        /// <summary>It is gone: nothing it does has an effect any more.</summary>
        public void Kill() => IsSeen = IsConnected = false;

        public ValueTask<StoredSession?> FindSessionAsync(SessionKey session, int turns, CancellationToken cancellationToken) =>
            DoAsync(() => store._sessions.TryGetValue(session, out var row) ? store.Stored(row, turns, this) : null);

        public ValueTask<StoredTurn?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
            DoAsync(() => store._turns.TryGetValue(turn, out var row) && row.Session.Key.Tenant == tenant ? store.Stored(row, this) : null);

        public ValueTask<StoredTurn?> FindTurnAsync(SessionKey session, string subject, string key, CancellationToken cancellationToken) =>
            DoAsync(() => store._turns.Values.FirstOrDefault(turn => turn.Session.Key == session && turn.Key?.Subject == subject && turn.Key.Value == key) is { } row
                ? store.Stored(row, this)
                : null);

        public ValueTask<IReadOnlyList<StoredEvents>> ReadEventsAsync(TurnId turn, long after, CancellationToken cancellationToken) =>
            DoAsync<IReadOnlyList<StoredEvents>>(() => store._turns.TryGetValue(turn, out var row) ? [.. row.Events.Values.Where(batch => batch.Last > after)] : []);

        public ValueTask<IReadOnlyList<SessionKey>> FindAbandonedAsync(int sessions, CancellationToken cancellationToken) =>
            DoAsync<IReadOnlyList<SessionKey>>(() =>
            [
                .. store._sessions.Values
                    .Where(session => store.HolderOf(session, this) == SessionHolder.Nobody && store.UnfinishedOf(session).Any())
                    .Select(session => session.Key).Take(sessions),
            ]);

        public ValueTask<TakenSession?> TakeAsync(SessionKey session, long epoch, CancellationToken cancellationToken) => DoAsync<TakenSession?>(() =>
        {
            if (session == Damaged)
            {
                throw Damage;
            }

            if (!store._sessions.TryGetValue(session, out var row) || row.Epoch != epoch || store.HolderOf(row, this) == SessionHolder.Another)
            {
                return null;
            }

            var isHandedOver = row.Holder is null;
            (row.Epoch, row.Holder) = (epoch + 1, this);
            var unfinished = store.UnfinishedOf(row).OrderBy(turn => turn.State == TurnState.Running ? 0 : 1).ThenBy(turn => turn.Place).ToList();
            unfinished.ForEach(turn => turn.Epoch = row.Epoch);
            if (unfinished.Count == 0)
            {
                row.Holder = null;
            }

            return new TakenSession(
                store.Stored(row, 0, this), [.. unfinished.Select(turn => new UnfinishedTurn(store.Stored(turn, this), turn.Request, [.. turn.Events.Values]))], isHandedOver);
        });

        public ValueTask<Acceptance> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken) => DoAsync(() =>
        {
            var isKnown = store._sessions.TryGetValue(turn.Session, out var session);
            if (isKnown && !(session!.Holder is null or { IsSeen: false } && !store.UnfinishedOf(session).Any() ? turn.Epoch - session.Epoch is 0 or 1
                : ReferenceEquals(session.Holder, this) && session.Epoch == turn.Epoch))
            {
                return Acceptance.NotHeld;
            }

            if (turn.Key is { } key && isKnown && store._turns.Values.Any(other => other.Session == session && other.Key?.Subject == key.Subject && other.Key.Value == key.Value))
            {
                return Acceptance.KeyTaken;
            }

            if (turn.CameByLetter)
            {
                if (!store._letters.Remove(turn.Turn, out var letter))
                {
                    return Acceptance.Withdrawn;
                }

                letter.Sender.Wake(events => events.ReplyCame(turn.Turn));
            }

            session ??= new SessionRow { Key = turn.Session, CreatedAt = turn.SessionCreatedAt };
            store._sessions[turn.Session] = session;
            (session.UserId, session.LastActivityAt, session.Epoch, session.Holder) = (session.UserId ?? turn.UserId, turn.At, turn.Epoch, this);
            var number = store._turns.Count == 0 ? 1 : store._turns.Values.Max(other => other.Number) + 1;
            store._turns[turn.Turn] = new TurnRow
            {
                Id = turn.Turn,
                Session = session,
                Number = number,
                Place = turn.GoesFirst ? -number : number,
                State = turn.State,
                AcceptedAt = turn.At,
                StartedAt = turn.State == TurnState.Running ? turn.At : null,
                Key = turn.Key,
                Request = turn.Request,
                Epoch = turn.Epoch,
            };
            return Acceptance.Accepted;
        });

        public ValueTask<bool> StartAsync(HeldTurn turn, DateTimeOffset at, CancellationToken cancellationToken) => DoAsync(() =>
        {
            if (Held(turn) is not { } row)
            {
                return false;
            }

            (row.State, row.StartedAt) = (TurnState.Running, at);
            return true;
        });

        public ValueTask<bool> AppendAsync(TurnProgress progress, CancellationToken cancellationToken) => DoAsync(() => Bring(progress) is not null);

        public ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken) => DoAsync(() =>
        {
            if (Bring(progress) is not { } row)
            {
                return false;
            }

            (row.State, row.End, row.LastSequence, row.Request) = (end.End.State, end.End, end.LastSequence, null);
            row.StartedAt = end.StartedAt ?? row.StartedAt;
            row.Session.LastActivityAt = progress.At;
            if (!store.UnfinishedOf(row.Session).Any())
            {
                row.Session.Holder = null;
            }

            return true;
        });

        public ValueTask ReleaseAsync(SessionKey session, long epoch, CancellationToken cancellationToken)
        {
            return new ValueTask(DoAsync(() =>
            {
                if (store._sessions.TryGetValue(session, out var row) && row.Epoch == epoch && ReferenceEquals(row.Holder, this))
                {
                    row.Holder = null;
                }

                return true;
            }).AsTask());
        }

        public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) => DoAsync(() =>
        {
            foreach (var turn in store._turns.Values.Where(turn => turn.Session.Key == session).ToList())
            {
                store._turns.Remove(turn.Id);
            }

            return store._sessions.Remove(session);
        });

        public ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<bool> SendAsync(Letter letter, CancellationToken cancellationToken) => DoAsync(() =>
        {
            if (!store._sessions.TryGetValue(letter.Session, out var session) || store.HolderOf(session, this) != SessionHolder.Another)
            {
                return false;
            }

            store._letters[letter.Id] = new LetterRow(letter, this);
            session.Holder!.Wake(events => events.LetterCame());
            return true;
        });

        public ValueTask<IReadOnlyList<Letter>> ReceiveAsync(int letters, CancellationToken cancellationToken) => DoAsync<IReadOnlyList<Letter>>(() =>
        [
            .. store._letters.Values
                .Where(row => row.Reply is null && store._sessions.TryGetValue(row.Letter.Session, out var session) && ReferenceEquals(session.Holder, this))
                .Select(row => row.Letter).Take(letters),
        ]);

        public ValueTask ReplyAsync(TurnId letter, Reply reply, CancellationToken cancellationToken)
        {
            return new ValueTask(DoAsync(() =>
            {
                if (store._letters.TryGetValue(letter, out var row))
                {
                    row.Reply = reply;
                    row.Sender.Wake(events => events.ReplyCame(letter));
                }

                return true;
            }).AsTask());
        }

        public ValueTask<(LetterState State, Reply? Reply)> TakeReplyAsync(TurnId letter, CancellationToken cancellationToken) => DoAsync<(LetterState, Reply?)>(() =>
        {
            if (!store._letters.TryGetValue(letter, out var row))
            {
                return (LetterState.Gone, null);
            }

            if (row.Reply is null)
            {
                return (LetterState.Waiting, null);
            }

            store._letters.Remove(letter);
            return (LetterState.Answered, row.Reply);
        });

        public ValueTask<bool> WithdrawAsync(TurnId letter, CancellationToken cancellationToken) =>
            DoAsync(() => store._letters.TryGetValue(letter, out var row) && row.Reply is null && store._letters.Remove(letter));

        public ValueTask<IReadOnlyList<FollowedTurn>> FollowAsync(IReadOnlyCollection<TurnId> turns, CancellationToken cancellationToken) =>
            DoAsync<IReadOnlyList<FollowedTurn>>(() =>
            {
                var found = turns.Where(store._turns.ContainsKey).Select(turn => store._turns[turn]).ToList();
                foreach (var row in found)
                {
                    if (row.Session.Holder is { } holder)
                    {
                        if (!holder._followers.TryGetValue(row.Id, out var followers))
                        {
                            holder._followers[row.Id] = followers = [];
                        }

                        if (!followers.Contains(this))
                        {
                            followers.Add(this);
                        }

                        holder.Wake(events => events.TurnFollowed(row.Id));
                    }
                }

                return [.. found.Select(row => new FollowedTurn(row.Id, row.LastSequence, row.End is not null, store.HolderOf(row.Session, this)))];
            });

        private TurnRow? Held(HeldTurn turn) => store._turns.TryGetValue(turn.Turn, out var row) && row.End is null && row.Epoch == turn.Epoch ? row : null;

        private TurnRow? Bring(TurnProgress progress)
        {
            if (Held(progress.Turn) is not { } row)
            {
                return null;
            }

            if (progress.Events is { } events)
            {
                row.Events[events.First] = events;
                row.LastSequence = Math.Max(row.LastSequence, events.Last);
                foreach (var old in row.Events.Where(batch => batch.Value.Last < progress.FirstRetained).ToList())
                {
                    row.Events.Remove(old.Key);
                }
            }

            row.Session.EngineSessions = progress.EngineSessions ?? row.Session.EngineSessions;
            foreach (var follower in _followers.GetValueOrDefault(row.Id) ?? [])
            {
                follower.Wake(woken => woken.TurnMoved(row.Id));
            }

            return row;
        }

        // What is done is done in the order in which it was asked for; the answer comes later.
        private async ValueTask<T> DoAsync<T>(Func<T> what)
        {
            T done;
            lock (store._gate)
            {
                done = IsConnected ? what() : throw new StorageUnavailableException(StorageFault.Unreachable, "The test has cut it off.");
            }

            await Task.Yield();
            return done;
        }

        private void Wake(Action<IPeerEvents> wake)
        {
            if (!IsDeaf && IsConnected && Events is { } events)
            {
                _ = Task.Run(() => wake(events));
            }
        }
    }

    private sealed class SessionRow
    {
        public required SessionKey Key { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        public string? UserId { get; set; }

        public IReadOnlyList<EngineSession> EngineSessions { get; set; } = [];

        public DateTimeOffset LastActivityAt { get; set; }

        public long Epoch { get; set; }

        public Node? Holder { get; set; }
    }

    private sealed class TurnRow
    {
        public required TurnId Id { get; init; }

        public required SessionRow Session { get; init; }

        public required long Number { get; init; }

        public required long Place { get; init; }

        public required DateTimeOffset AcceptedAt { get; init; }

        public IdempotencyKey? Key { get; init; }

        public TurnState State { get; set; }

        public DateTimeOffset? StartedAt { get; set; }

        public long LastSequence { get; set; } = 1;

        public TurnEnd? End { get; set; }

        public TurnRequest? Request { get; set; }

        public long Epoch { get; set; }

        public SortedDictionary<long, StoredEvents> Events { get; } = [];
    }

    private sealed class LetterRow(Letter letter, Node sender)
    {
        public Letter Letter => letter;

        public Node Sender => sender;

        public Reply? Reply { get; set; }
    }
}
