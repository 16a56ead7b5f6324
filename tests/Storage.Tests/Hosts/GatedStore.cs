using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.Storage.Sqlite;

namespace Sluice.Storage.Tests.Hosts;

/// <summary>A store that asks the test before it writes: it may fail the write, or hold it. Owns the one behind it.</summary>
internal sealed class GatedStore(SqliteSessionStore store) : ISessionStore, IAsyncDisposable
{
    private int _ends;
    private int _looks;

    public Func<Task> BeforeAccept { get; set; } = () => Task.CompletedTask;

    public Func<Task> AfterAccept { get; set; } = () => Task.CompletedTask;

    public Func<Task> BeforeStart { get; set; } = () => Task.CompletedTask;

    public Func<Task> BeforeAppend { get; set; } = () => Task.CompletedTask;

    public Action AfterAppend { get; set; } = () => { };

    public Func<Task> BeforeEnd { get; set; } = () => Task.CompletedTask;

    public long HoldingSince => store.HoldingSince;

    /// <summary>Ends that were tried.</summary>
    public int Ends => Volatile.Read(ref _ends);

    /// <summary>Times that a session was looked for.</summary>
    public int Looks => Volatile.Read(ref _looks);

    public static Task Unavailable() => throw new StorageUnavailableException(StorageFault.Full, "The test says so.");

    public ValueTask<StoredSession?> FindSessionAsync(SessionKey session, int turns, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return store.FindSessionAsync(session, turns, cancellationToken);
    }

    public ValueTask<StoredTurn?> FindTurnAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
        store.FindTurnAsync(tenant, turn, cancellationToken);

    public ValueTask<StoredTurn?> FindTurnAsync(SessionKey session, string subject, string key, CancellationToken cancellationToken) =>
        store.FindTurnAsync(session, subject, key, cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvents>> ReadEventsAsync(TurnId turn, long after, CancellationToken cancellationToken) =>
        store.ReadEventsAsync(turn, after, cancellationToken);

    public ValueTask<IReadOnlyList<SessionKey>> FindAbandonedAsync(int sessions, CancellationToken cancellationToken) =>
        store.FindAbandonedAsync(sessions, cancellationToken);

    public ValueTask<TakenSession?> TakeAsync(SessionKey session, long epoch, CancellationToken cancellationToken) => store.TakeAsync(session, epoch, cancellationToken);

    public async ValueTask<Acceptance> AcceptAsync(AcceptedTurn turn, CancellationToken cancellationToken)
    {
        await BeforeAccept();
        var acceptance = await store.AcceptAsync(turn, cancellationToken);
        await AfterAccept();
        return acceptance;
    }

    public async ValueTask<bool> StartAsync(HeldTurn turn, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await BeforeStart();
        return await store.StartAsync(turn, at, cancellationToken);
    }

    public async ValueTask<bool> AppendAsync(TurnProgress progress, CancellationToken cancellationToken)
    {
        await BeforeAppend();
        var kept = await store.AppendAsync(progress, cancellationToken);
        AfterAppend();
        return kept;
    }

    public async ValueTask<bool> EndAsync(TurnProgress progress, StoredEnd end, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _ends);
        await BeforeEnd();
        return await store.EndAsync(progress, end, cancellationToken);
    }

    public ValueTask ReleaseAsync(SessionKey session, long epoch, CancellationToken cancellationToken) => store.ReleaseAsync(session, epoch, cancellationToken);

    public ValueTask<bool> ForgetAsync(SessionKey session, CancellationToken cancellationToken) => store.ForgetAsync(session, cancellationToken);

    public ValueTask<int> PruneAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken) =>
        store.PruneAsync(retention, now, cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
